package io.raftgres.client;

import static io.raftgres.client.ScriptedNode.streamThenCut;
import static io.raftgres.client.ScriptedNode.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class RangeCursorTest {

    private static String row(String key) {
        return "{\"key\":\"%s\",\"value\":\"dg==\",\"createRevision\":2,\"modRevision\":3,\"version\":1}\n"
                .formatted(Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8)));
    }

    private static String end(boolean more) {
        return "{\"revision\":5,\"more\":" + more + ",\"next\":" + (more ? "\"token\"" : "null") + "}\n";
    }

    private static List<String> keys(ScriptedNode node, RangeQuery query) {
        List<String> keys = new ArrayList<>();
        try (RaftgresClient client =
                        RaftgresClient.builder().endpoint(node.url()).build();
                RangeCursor rows = client.range(query)) {
            rows.forEachRemaining(row -> keys.add(row.keyText()));
            assertEquals(5, rows.revision());
        }
        return keys;
    }

    private static RangeQuery prefixA() {
        return RangeQuery.prefix(new byte[] {'a'});
    }

    @Test
    void cutStreamContinuesAfterTheLastRowAtTheSameRevision() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                streamThenCut(row("a1") + row("a2") + "{\"key\":\"", "Raftgres-Revision", "5"),
                text(200, row("a3") + end(false)))) {
            assertEquals(List.of("a1", "a2", "a3"), keys(node, prefixA()));
            assertEquals("/v1/kv?prefix=a", node.asked().get(0).path());
            assertEquals(
                    "/v1/kv?from=a2%00&to=b&revision=5", node.asked().get(1).path());
        }
    }

    @Test
    void incompleteResponseIsContinued() throws IOException {
        try (ScriptedNode node =
                new ScriptedNode(text(200, row("a1") + end(true)), text(200, row("a2") + end(false)))) {
            assertEquals(List.of("a1", "a2"), keys(node, prefixA()));
            assertEquals(
                    "/v1/kv?from=a1%00&to=b&revision=5", node.asked().get(1).path());
        }
    }

    @Test
    void limitCountsOverAllResponses() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, row("a1") + end(true)), text(200, row("a2") + end(true)))) {
            assertEquals(List.of("a1", "a2"), keys(node, prefixA().limit(2)));
            assertEquals(
                    "/v1/kv?from=a1%00&to=b&limit=1&revision=5",
                    node.asked().get(1).path());
            assertEquals(2, node.asked().size());
        }
    }

    @Test
    void aStreamThatIsAlwaysCutFails() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                streamThenCut(row("a1"), "Raftgres-Revision", "5"), streamThenCut("", "Raftgres-Revision", "5"))) {
            assertThrows(RaftgresException.NotDone.class, () -> keys(node, prefixA()));
        }
    }
}
