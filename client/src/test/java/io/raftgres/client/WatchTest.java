package io.raftgres.client;

import static io.raftgres.client.ScriptedNode.problem;
import static io.raftgres.client.ScriptedNode.status;
import static io.raftgres.client.ScriptedNode.streamOpen;
import static io.raftgres.client.ScriptedNode.streamThenCut;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WatchTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private static String created(long revision) {
        return "event: created\nid: " + revision + "\ndata: {\"revision\":" + revision + "}\n\n: keep-alive\n\n";
    }

    private static String put(long revision, String key, boolean last) {
        return "event: put\n" + (last ? "id: " + revision + "\n" : "")
                + "data: {\"key\":\"%s\",\"value\":\"dg==\",\"createRevision\":1,\"modRevision\":%d,\"version\":1}\n\n"
                        .formatted(base64(key), revision);
    }

    private static String delete(long revision, String key) {
        return "event: delete\nid: %d\ndata: {\"key\":\"%s\",\"modRevision\":%d}\n\n"
                .formatted(revision, base64(key), revision);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static RaftgresClient client(ScriptedNode... nodes) {
        return RaftgresClient.builder()
                .endpoints(List.of(nodes).stream().map(ScriptedNode::url).toList())
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    private static List<String> take(Watch watch, int count) throws InterruptedException {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            WatchEvent event = watch.next(LONG);
            seen.add(
                    event == null
                            ? "nothing"
                            : event.revision() + " "
                                    + new String(event.key(), StandardCharsets.UTF_8)
                                    + (event instanceof WatchEvent.Delete ? " deleted" : ""));
        }
        return seen;
    }

    @Test
    void anIncompleteRevisionComesOnceAfterTheConnectionBreaks() throws Exception {
        try (ScriptedNode node = new ScriptedNode(
                        streamThenCut(created(5) + put(6, "a", true) + put(7, "b", false)),
                        problem(503, "no leader"),
                        streamOpen(created(9) + put(7, "b", false) + put(7, "c", true) + delete(8, "a")));
                RaftgresClient client = client(node);
                Watch watch = client.watch(new byte[] {'x'})) {
            assertEquals(5, watch.createdRevision());
            assertEquals(List.of("6 a", "7 b", "7 c", "8 a deleted"), take(watch, 4));
            assertEquals("/v1/watch?prefix=x", node.asked().getLast().path());
            assertEquals("6", node.asked().getLast().header("Last-Event-ID"));
        }
    }

    @Test
    void repeatedEventsOfAnotherNodeAreDropped() throws Exception {
        try (ScriptedNode first = new ScriptedNode(streamThenCut(created(5) + put(6, "a", true)), status(503));
                ScriptedNode second = new ScriptedNode(streamOpen(created(6) + put(6, "a", true) + put(7, "b", true)));
                RaftgresClient client = client(first, second);
                Watch watch = client.watch(new byte[0])) {
            assertEquals(List.of("6 a", "7 b"), take(watch, 2));
        }
    }

    @Test
    void progressMovesTheRevisionToResumeFrom() throws Exception {
        try (ScriptedNode node = new ScriptedNode(
                        streamThenCut(created(5) + "event: progress\nid: 40\ndata: {\"revision\":40}\n\n"),
                        streamOpen(created(41) + put(41, "a", true)));
                RaftgresClient client = client(node);
                Watch watch = client.watch(new byte[0])) {
            assertEquals(List.of("41 a"), take(watch, 1));
            assertEquals("40", node.asked().getLast().header("Last-Event-ID"));
        }
    }

    @Test
    void theFirstRevisionWantedIsAskedForAgainUntilSomethingCame() throws Exception {
        try (ScriptedNode node = new ScriptedNode(
                        streamThenCut("event: created\nid: 2\ndata: {\"revision\":9}\n\n"),
                        streamOpen(created(9) + put(3, "a", true)));
                RaftgresClient client = client(node);
                Watch watch = client.watch(new byte[0], 3)) {
            assertEquals(List.of("3 a"), take(watch, 1));
            assertEquals("/v1/watch?fromRevision=3", node.asked().getFirst().path());
            assertEquals("2", node.asked().getLast().header("Last-Event-ID"));
        }
    }

    @Test
    void compactionEndsTheWatchWhetherBeforeOrInTheStream() throws Exception {
        try (ScriptedNode node = new ScriptedNode(
                        problem(410, "compacted"),
                        streamOpen(created(5) + put(6, "a", true)
                                + "event: compacted\ndata: {\"compactedRevision\":90}\n\n"));
                RaftgresClient client = client(node)) {
            assertThrows(RaftgresException.Compacted.class, () -> client.watch(new byte[0], 1));
            try (Watch watch = client.watch(new byte[0])) {
                assertEquals(List.of("6 a"), take(watch, 1));
                assertThrows(RaftgresException.Compacted.class, () -> watch.next(LONG));
                assertThrows(RaftgresException.Compacted.class, () -> watch.next(LONG));
            }
        }
    }

    @Test
    void unreachableClusterEndsTheWatchAfterTheTimeout() throws Exception {
        try (ScriptedNode node = new ScriptedNode(streamThenCut(created(5)), problem(503, "no leader"));
                RaftgresClient client = client(node).withTimeout(Duration.ofSeconds(3));
                Watch watch = client.watch(new byte[0])) {
            assertThrows(RaftgresException.NotDone.class, () -> watch.next(LONG));
        }
    }

    @Test
    void waitingEndsAtTheDeadline() throws Exception {
        try (ScriptedNode node = new ScriptedNode(streamOpen(created(5)));
                RaftgresClient client = client(node);
                Watch watch = client.watch(new byte[0])) {
            assertNull(watch.next(Duration.ofMillis(10)));
        }
    }
}
