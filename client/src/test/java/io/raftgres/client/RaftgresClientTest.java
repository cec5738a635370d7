package io.raftgres.client;

import static io.raftgres.client.ScriptedNode.breakOff;
import static io.raftgres.client.ScriptedNode.hang;
import static io.raftgres.client.ScriptedNode.problem;
import static io.raftgres.client.ScriptedNode.status;
import static io.raftgres.client.ScriptedNode.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RaftgresClientTest {

    private static final String[] AT_7 = {"Raftgres-Revision", "7", "Raftgres-Mod-Revision", "7"};

    private static RaftgresClient client(ScriptedNode... nodes) {
        return RaftgresClient.builder()
                .endpoints(List.of(nodes).stream().map(ScriptedNode::url).toList())
                .build();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String deadEndpoint() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return "127.0.0.1:" + socket.getLocalPort();
        }
    }

    private static void assertOneKeyForAll(ScriptedNode node, int attempts) {
        assertEquals(attempts, node.asked().size());
        Set<String> keys = node.asked().stream()
                .map(asked -> asked.header("Idempotency-Key"))
                .collect(Collectors.toSet());
        assertEquals(1, keys.size());
        assertFalse(keys.contains(null));
    }

    @Test
    void aWriteWhoseOutcomeWasUnknownIsRepeatedUnderTheSameKey() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(504, "no response"), breakOff(), status(204, AT_7));
                RaftgresClient client = client(node)) {
            PutResult put = client.put("k", "v");
            assertEquals(new PutResult(7, false, false), put);
            assertOneKeyForAll(node, 3);
            node.asked().forEach(asked -> assertArrayEquals(bytes("v"), asked.body()));
        }
    }

    @Test
    void twoWritesHaveDifferentKeys() throws IOException {
        try (ScriptedNode node = new ScriptedNode(status(201, AT_7));
                RaftgresClient client = client(node)) {
            assertTrue(client.put("k", "v").created());
            client.put("k", "v");
            assertNotEquals(
                    node.asked().get(0).header("Idempotency-Key"),
                    node.asked().get(1).header("Idempotency-Key"));
        }
    }

    @Test
    void replayedResponseIsMarked() throws IOException {
        try (ScriptedNode node = new ScriptedNode(status(204, "Raftgres-Revision", "7", "Raftgres-Replayed", "true"));
                RaftgresClient client = client(node)) {
            assertTrue(client.put("k", "v").replayed());
        }
    }

    @Test
    void aNodeThatIsDownIsPassedOver() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, "v", AT_7));
                RaftgresClient client = RaftgresClient.builder()
                        .endpoint(deadEndpoint())
                        .endpoint(node.url())
                        .build()) {
            assertArrayEquals(bytes("v"), client.get("k").value());
            client.get("k");
            assertEquals(2, node.asked().size());
        }
    }

    @Test
    void aNodeThatHangsLeavesTimeToAskAnother() throws IOException {
        try (ScriptedNode hanging = new ScriptedNode(hang());
                ScriptedNode node = new ScriptedNode(status(204, AT_7));
                RaftgresClient client = client(hanging, node)) {
            assertEquals(7, client.put("k", "v").revision());
            assertEquals(
                    hanging.asked().getFirst().header("Idempotency-Key"),
                    node.asked().getFirst().header("Idempotency-Key"));
            // The first may have been done: how long ago it was is sent, so that it is not done again however late.
            assertNull(hanging.asked().getFirst().header("Idempotency-Age"));
            assertTrue(Integer.parseInt(node.asked().getFirst().header("Idempotency-Age")) >= 1);
        }
    }

    @Test
    void aRepetitionThatComesTooLateHasAnUnknownOutcome() throws IOException {
        try (ScriptedNode hanging = new ScriptedNode(hang());
                ScriptedNode node = new ScriptedNode(status(409));
                RaftgresClient client = client(hanging, node)) {
            assertThrows(RaftgresException.OutcomeUnknown.class, () -> client.put("k", "v"));
        }
    }

    @Test
    void writeWithoutALeaderIsNotDone() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(503, "no leader"));
                RaftgresClient client = client(node).withTimeout(Duration.ofSeconds(3))) {
            var e = assertThrows(RaftgresException.NotDone.class, () -> client.put("k", "v"));
            assertTrue(e.getMessage().contains("no leader"), e.getMessage());
            assertTrue(node.asked().size() > 1, "it tries again");
        }
    }

    @Test
    void unknownOutcomeOfOneTryMakesTheWriteUnknown() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(504, "lost"), problem(503, "no leader"));
                RaftgresClient client = client(node).withTimeout(Duration.ofSeconds(3))) {
            assertThrows(RaftgresException.OutcomeUnknown.class, () -> client.put("k", "v"));
        }
    }

    @Test
    void aRefusalAfterAnUnknownOutcomeDoesNotMeanNotDone() throws IOException {
        try (ScriptedNode node = new ScriptedNode(breakOff(), problem(413, "too large"));
                RaftgresClient client = client(node)) {
            assertThrows(RaftgresException.OutcomeUnknown.class, () -> client.put("k", "v"));
        }
    }

    @Test
    void aReadIsNeverUnknown() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(504, "lost"));
                RaftgresClient client = client(node).withTimeout(Duration.ofSeconds(2))) {
            assertThrows(RaftgresException.NotDone.class, () -> client.get("k"));
        }
    }

    @Test
    void overloadIsWaitedOutAsLongAsTheNodeAsks() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(429, "overloaded", "Retry-After", "1"), status(204, AT_7));
                RaftgresClient client = client(node)) {
            long begun = System.nanoTime();
            client.put("k", "v");
            assertTrue(System.nanoTime() - begun >= 1_000_000_000L);
        }
    }

    @Test
    void overloadBeyondTheDeadlineFailsAtOnce() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(429, "overloaded", "Retry-After", "60"));
                RaftgresClient client = client(node)) {
            assertThrows(RaftgresException.NotDone.class, () -> client.put("k", "v"));
            assertEquals(1, node.asked().size());
        }
    }

    @Test
    void refusalsAreNotRepeated() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                        problem(400, "bad key"), problem(413, "too large"), problem(410, "compacted"));
                RaftgresClient client = client(node)) {
            assertThrows(RaftgresException.BadRequest.class, () -> client.put("k", "v"));
            assertThrows(RaftgresException.TooLarge.class, () -> client.put("k", "v"));
            assertThrows(RaftgresException.Compacted.class, () -> client.range(RangeQuery.everything()));
            assertEquals(3, node.asked().size());
            assertThrows(RaftgresException.BadRequest.class, () -> client.get(""));
        }
    }

    @Test
    void aCompactionIsRepeatedUnderTheSameKey() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                        problem(504, "no response"),
                        text(200, "{\"compactedRevision\":7}"),
                        problem(410, "compacted"),
                        problem(400, "in the future"));
                RaftgresClient client = client(node)) {
            assertEquals(7, client.compact(7));
            assertOneKeyForAll(node, 2);
            assertThrows(RaftgresException.Compacted.class, () -> client.compact(7));
            assertThrows(RaftgresException.BadRequest.class, () -> client.compact(99));
        }
    }

    @Test
    void failedCompareAndSetShowsTheCurrentRow() throws IOException {
        try (ScriptedNode node = new ScriptedNode(
                        problem(412, "changed", "Raftgres-Revision", "9", "Raftgres-Mod-Revision", "8"),
                        status(204, AT_7));
                RaftgresClient client = client(node)) {
            assertEquals(new CompareResult(false, 9, 8), client.compareAndSet(bytes("k"), 3, bytes("v")));
            assertEquals("\"3\"", node.asked().getFirst().header("If-Match"));
            assertTrue(client.compareAndSet(bytes("k"), 0, bytes("v")).succeeded());
            assertEquals("*", node.asked().getLast().header("If-None-Match"));
        }
    }

    @Test
    void aKeyMayBeAnyBytes() throws IOException {
        try (ScriptedNode node = new ScriptedNode(problem(404, "none", "Raftgres-Revision", "1"));
                RaftgresClient client = client(node)) {
            assertFalse(client.get(new byte[] {'a', '/', '.', 0, (byte) 0xFF, ' ', '%'})
                    .found());
            assertEquals("/v1/kv/a%2F%2E%00%FF%20%25", node.asked().getFirst().path());
        }
    }

    @Test
    void another404IsNotAMissingKey() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(404, "nothing here"));
                RaftgresClient client = client(node)) {
            assertThrows(RaftgresException.BadRequest.class, () -> client.get("k"));
        }
    }

    @Test
    void writesGoToTheLeaderWhenThatIsPreferred() throws IOException {
        try (ScriptedNode leader = new ScriptedNode(status(204, AT_7));
                ScriptedNode follower = new ScriptedNode(text(200, """
                        {"clusterId":"c","self":"2","term":3,"leader":{"id":"1","name":"node1"},"members":[
                        {"id":"1","name":"node1","role":"leader","clientAddress":"%s","newField":1}]}
                        """.formatted(leader.url())));
                RaftgresClient client = RaftgresClient.builder()
                        .endpoint(follower.url())
                        .preferLeader(true)
                        .build()) {
            client.put("k", "v");
            client.put("k", "v");
            assertEquals(2, leader.asked().size());
            assertEquals(1, follower.asked().size(), "the leader is asked for once");
            assertEquals("node1", client.cluster().leader().name());
        }
    }

    @Test
    void aTransactionIsSentAndReadAsDocumented() throws IOException {
        try (ScriptedNode node = new ScriptedNode(text(200, """
                        {"revision":9,"succeeded":true,"results":[
                        {"put":{"createRevision":9,"modRevision":9,"version":1}},{"delete":{"deleted":2}},
                        {"get":{"kvs":[{"key":"aw==","value":"dg==","createRevision":9,"modRevision":9,"version":1}],
                        "more":false}}]}
                        """));
                RaftgresClient client = client(node)) {
            Txn.Response response = client.txn(Txn.when(Txn.Compare.absent(bytes("k")))
                    .then(
                            new Txn.Op.Put(bytes("k"), bytes("v")),
                            new Txn.Op.DeletePrefix(bytes("p")),
                            new Txn.Op.Get(bytes("k"))));
            assertTrue(response.succeeded());
            assertEquals(
                    List.of(
                            new Txn.Result.Put(9, 9, 1),
                            new Txn.Result.Delete(2),
                            new Txn.Result.Get(List.of(new KeyValue(bytes("k"), bytes("v"), 9, 9, 1)), false)),
                    response.results());
            assertEquals(
                    "{\"compare\":[{\"key\":\"aw==\",\"target\":\"version\",\"op\":\"=\",\"number\":0}],"
                            + "\"success\":[{\"put\":{\"key\":\"aw==\",\"value\":\"dg==\"}},{\"delete\":{\"prefix\":\"cA==\"}},"
                            + "{\"get\":{\"key\":\"aw==\"}}]}",
                    new String(node.asked().getFirst().body(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void badEndpointsAreRefusedAtOnce() {
        for (String bad : List.of("", "ftp://a:1", "http://", "http://a:1/path", "a b")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> RaftgresClient.builder().endpoint(bad),
                    bad);
        }
    }
}
