package io.raftgres.cli;

import static io.raftgres.client.ScriptedNode.problem;
import static io.raftgres.client.ScriptedNode.status;
import static io.raftgres.client.ScriptedNode.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.ScriptedNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

    private record Ran(int code, String out, String err) {}

    @TempDir
    private Path folder;

    private Ran run(ScriptedNode node, String... args) {
        List<String> line = new ArrayList<>(List.of(args));
        if (node != null) {
            line.addAll(List.of("--endpoint", node.url(), "--timeout", "3s"));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8), line.toArray(String[]::new));
        return new Ran(code, printed(out), printed(err));
    }

    private static String printed(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    @Test
    void putPrintsTheRevision() throws IOException {
        try (ScriptedNode node = new ScriptedNode(status(201, "Raftgres-Revision", "7"))) {
            assertEquals(new Ran(0, "created at revision 7\n", ""), run(node, "put", "k", "v"));
            assertEquals(new Ran(0, "{\"revision\":7,\"created\":true}\n", ""), run(node, "put", "k", "v", "-o", "json"));
            assertEquals("REVISION  CREATED\n7         true\n", run(node, "put", "k", "v", "-o", "table").out());
        }
    }

    @Test
    void putTakesAFile() throws IOException {
        byte[] value = {0, 1, (byte) 0xFF};
        Path file = Files.write(folder.resolve("value"), value);
        try (ScriptedNode node = new ScriptedNode(status(204, "Raftgres-Revision", "7"))) {
            assertEquals(0, run(node, "put", "k", "--file", file.toString()).code());
            assertArrayEquals(value, node.asked().getFirst().body());
            Ran missing = run(node, "put", "k", "--file", folder.resolve("no").toString());
            assertEquals(2, missing.code());
            assertTrue(missing.err().contains("There is no file"), missing.err());
        }
    }

    @Test
    void getPrintsTextAsItIsAndOtherBytesEscaped() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                text(200, "grüß\nGott", "Raftgres-Revision", "7"),
                (asked, exchange) -> {
                    exchange.getResponseHeaders().set("Raftgres-Revision", "7");
                    exchange.sendResponseHeaders(200, 3);
                    exchange.getResponseBody().write(new byte[] {'a', 0, (byte) 0xFF});
                    exchange.close();
                })) {
            assertEquals(new Ran(0, "grüß\nGott\n", ""), run(node, "get", "k"));
            assertEquals(new Ran(0, "a\\x00\\xFF\n", ""), run(node, "get", "k"));
            assertEquals("{\"key\":\"k\",\"valueBase64\":\"YQD/\",\"createRevision\":0,\"modRevision\":0,\"version\":0}\n",
                    run(node, "get", "k", "-o", "json").out());
        }
    }

    @Test
    void getOfAPrefixIsATableThatNoValueCanBreak() throws IOException {
        String rows = "{\"key\":\"YQ==\",\"value\":\"eApb\",\"createRevision\":2,\"modRevision\":3,\"version\":2}\n"
                + "{\"key\":\"YWJj\",\"value\":\"dg==\",\"createRevision\":4,\"modRevision\":4,\"version\":1}\n"
                + "{\"revision\":5,\"more\":false}\n";
        try (ScriptedNode node = new ScriptedNode(text(200, rows))) {
            assertEquals("""
                    KEY  VALUE  REVISION  VERSION
                    a    x\\n[   3         2
                    abc  v      4         1
                    """, run(node, "get", "--prefix", "a").out());
            assertEquals("a\nabc\n", run(node, "get", "--prefix", "a", "--keys-only", "-o", "plain").out());
        }
    }

    @Test
    void exitCodesSayWhatHappened() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                problem(404, "none", "Raftgres-Revision", "7"),
                problem(412, "changed", "Raftgres-Revision", "7", "Raftgres-Mod-Revision", "6"),
                problem(400, "the key is too odd"),
                problem(503, "no leader"))) {
            assertEquals(new Ran(1, "", "raftgres: There is no key 'k'.\n"), run(node, "get", "k"));
            assertEquals(new Ran(1, "", "raftgres: Not done: 'k' is at revision 6, not at 5.\n"),
                    run(node, "put", "k", "v", "--if-revision", "5"));
            assertEquals(new Ran(2, "", "raftgres: the key is too odd\n"), run(node, "put", "k", "v"));
            assertEquals(new Ran(3, "", "raftgres: Not done within 3 s: no leader\n"), run(node, "put", "k", "v"));
        }
        try (ScriptedNode node = new ScriptedNode(problem(504, "lost"))) {
            assertEquals(4, run(node, "put", "k", "v").code());
        }
    }

    @Test
    void badUsageIsOneSentenceAndAPointer() {
        for (String[] line : new String[][] {
            {"put", "k"}, {"get"}, {"get", "a", "--prefix", "b"}, {"delete"}, {"nonsense"}, {"node"},
            {"node", "kill", "x"}, {"get", "k", "--timeout", "soon"}, {"get", "k", "-o", "xml"},
            {"delete", "--prefix", "p", "--if-revision", "3"}, {"get", "k", "--endpoint", "ftp://x"},
        }) {
            Ran ran = run(null, line);
            assertEquals(2, ran.code(), String.join(" ", line) + ": " + ran);
            assertEquals("", ran.out());
            assertTrue(ran.err().startsWith("raftgres: ") && ran.err().lines().count() <= 2, ran.err());
        }
    }

    @Test
    void statusShowsTheMembers() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, """
                {"clusterId":"00c1","self":"1","term":3,"leader":{"id":"1","name":"node1"},"members":[
                {"id":"1","name":"node1","role":"leader","term":3,"commitIndex":12,"appliedIndex":11,"revision":9,
                "clientAddress":"http://127.0.0.1:8081"}]}
                """))) {
            assertEquals("""
                    cluster 00c1, term 3, leader node1

                    NODE   ROLE    TERM  COMMIT  APPLIED  REVISION  ADDRESS
                    node1  leader  3     12      11       9         http://127.0.0.1:8081
                    """, run(node, "status").out());
            assertTrue(run(node, "status", "-o", "json").out().startsWith("{\"cluster\":{\"clusterId\":\"00c1\""));
        }
    }

    @Test
    void watchPrintsALineForEachChange() throws IOException {
        try (ScriptedNode node = new ScriptedNode(ScriptedNode.streamOpen("""
                event: created
                id: 6
                data: {"revision":6}

                event: put
                id: 7
                data: {"key":"aw==","value":"dg==","createRevision":7,"modRevision":7,"version":1}

                event: delete
                id: 8
                data: {"key":"aw==","modRevision":8}

                """))) {
            assertEquals("7          put     k = v\n8          delete  k\n", run(node, "watch", "--count", "2").out());
        }
    }

    @Test
    void aRecoveryMustBeForced() {
        Ran ran = run(null, "recover", "--node", "2", "--data", folder.toString());
        assertEquals(2, ran.code());
        assertTrue(ran.err().contains("--force-new-cluster"), ran.err());
        ran = run(null, "recover", "--force-new-cluster", "--data", folder.toString());
        assertEquals(2, ran.code());
        assertTrue(ran.err().contains("--node"), ran.err());
    }

    @Test
    void commandsOnALocalClusterSayWhenThereIsNone() {
        Ran ran = run(null, "down", "--data", folder.toString());
        assertEquals(3, ran.code());
        assertTrue(ran.err().contains("There is no cluster in " + folder), ran.err());
    }
}
