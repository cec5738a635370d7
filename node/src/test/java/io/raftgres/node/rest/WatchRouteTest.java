package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.problem;
import static io.raftgres.node.rest.Responses.unbase64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches over REST: events and their order. No event is lost or sent twice over any number of lost connections. */
@Timeout(120)
class WatchRouteTest {

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.close();
        RestServer.await(
                "all watches are closed",
                () -> service.openWatches() == 0 && server.api.admission().watches() == 0);
        service.close();
    }

    @Test
    void watchReportsPutsAndDeletes() {
        server.put("/v1/kv/a/1", "before");
        try (EventReader events = new EventReader(server, "/v1/watch?prefix=a/")) {
            assertEquals(
                    "text/event-stream",
                    events.response.headers().firstValue("content-type").orElseThrow());
            EventReader.Event created = events.next();
            assertEquals("created", created.name());
            assertEquals("2", created.id());
            assertEquals(2, created.data().get("revision").asLong());
            server.put("/v1/kv/a/2", "one");
            server.put("/v1/kv/other", "not seen");
            server.delete("/v1/kv/a/2");
            EventReader.Event put = events.next();
            assertEquals("put", put.name());
            assertEquals("3", put.id());
            assertEquals("a/2", unbase64(put.data().get("key")));
            assertEquals("one", unbase64(put.data().get("value")));
            assertEquals(3, put.data().get("modRevision").asLong());
            EventReader.Event delete = events.next();
            assertEquals("delete", delete.name());
            assertEquals("5", delete.id());
            assertEquals("a/2", unbase64(delete.data().get("key")));
            assertEquals(5, delete.data().get("modRevision").asLong());
            assertNull(delete.data().get("value"));
        }
    }

    @Test
    void startsInThePastAndReadsText() {
        server.put("/v1/kv/a", "one");
        server.put("/v1/kv/a", "two");
        try (EventReader events = new EventReader(server, "/v1/watch?key=a&fromRevision=3&encoding=text")) {
            assertEquals("2", events.next().id());
            EventReader.Event put = events.next();
            assertEquals("two", put.data().get("value").asText());
            assertEquals("a", put.data().get("key").asText());
        }
    }

    @Test
    void theIdIsOnTheLastEventOfARevision() {
        List<Op> ops = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ops.add(new Op.Put(Key.of("k" + i), new byte[] {1}, 0, false));
        }
        service.apply(new Request(null, List.of(), ops, List.of()));
        service.apply(Request.of(null, new Op.Delete(KeyRange.EVERYTHING, false)));
        try (EventReader events = new EventReader(server, "/v1/watch?fromRevision=2")) {
            assertEquals("1", events.next().id());
            for (int i = 0; i < 10; i++) {
                EventReader.Event event = events.next();
                assertEquals(i < 5 ? "put" : "delete", event.name());
                assertEquals(i == 4 ? "2" : i == 9 ? "3" : null, event.id());
            }
        }
    }

    /** Cuts the stream after random numbers of bytes and resumes; applies a revision when its last event has come. */
    @Test
    void resumesEveryRevisionExactlyOnce() throws Exception {
        Random random = new Random(7);
        Map<Long, Integer> expected = new LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            List<Op> ops = new ArrayList<>();
            int puts = 1 + random.nextInt(4);
            for (int k = 0; k < puts; k++) {
                ops.add(new Op.Put(Key.of("w/" + k), new byte[random.nextInt(50)], 0, false));
            }
            expected.put(
                    service.apply(new Request(null, List.of(), ops, List.of())).revision(), puts);
        }
        Map<Long, Integer> seen = new LinkedHashMap<>();
        long lastId = 1;
        int cuts = 0;
        while (seen.size() < expected.size()) {
            lastId = readSome(random.nextInt(6_000), lastId, seen);
            cuts++;
        }
        assertEquals(List.copyOf(expected.entrySet()), List.copyOf(seen.entrySet()));
        assertTrue(cuts > 5, "cuts " + cuts);
        RestServer.await("the cut watches are closed", () -> service.openWatches() == 0);
    }

    private long readSome(int bytes, long from, Map<Long, Integer> seen) throws Exception {
        RestServer.await("a place is free", () -> server.api.admission().watches() < 8);
        String part;
        try (Socket socket = server.connect()) {
            socket.getOutputStream()
                    .write(("GET /v1/watch?prefix=w/&fromRevision=2 HTTP/1.0\r\nLast-Event-ID: " + from + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            part = read(in, 200 + bytes, "id: " + service.revision() + "\n");
        }
        long lastId = from;
        int pending = 0;
        String[] blocks = part.split("\n\n", -1);
        for (int i = 0; i < blocks.length - 1; i++) {
            String[] lines = blocks[i].split("\n");
            boolean put = blocks[i].contains("event: put");
            pending += put ? 1 : 0;
            for (String line : lines) {
                if (line.startsWith("id: ")) {
                    lastId = Long.parseLong(line.substring(4).strip());
                    if (put && seen.put(lastId, pending) != null) {
                        throw new AssertionError("revision " + lastId + " was sent twice");
                    }
                    pending = 0;
                }
            }
        }
        return lastId;
    }

    /** Reads so many bytes, or up to the last event there will be. */
    private static String read(InputStream in, int bytes, String last) throws Exception {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[512];
        while (text.length() < bytes
                && !(text.indexOf(last) >= 0 && text.toString().endsWith("\n"))) {
            int count = in.read(buffer, 0, Math.min(buffer.length, bytes - text.length()));
            if (count < 0) {
                throw new AssertionError("the stream ended: " + text);
            }
            text.append(new String(buffer, 0, count, StandardCharsets.US_ASCII));
        }
        return text.toString();
    }

    @Test
    void idleWatchesSendProgressAndStayAlive() {
        try (EventReader events = new EventReader(server, "/v1/watch?prefix=quiet/")) {
            assertEquals("created", events.nextOfAny().name());
            server.put("/v1/kv/loud", "x");
            EventReader.Event progress = events.nextOfAny();
            assertEquals("progress", progress.name());
            assertEquals("2", progress.id());
            assertEquals(2, progress.data().get("revision").asLong());
            server.put("/v1/kv/loud", "y");
            assertEquals("3", events.nextOfAny().id());
        }
        try (EventReader events = new EventReader(server, "/v1/watch")) {
            events.nextOfAny();
            Thread.ofVirtual().start(() -> {
                RestServer.await("silence", () -> service.openWatches() > 0);
                java.util.concurrent.locks.LockSupport.parkNanos(900_000_000);
                server.put("/v1/kv/late", "x");
            });
            assertEquals("put", events.nextOfAny().name());
            assertTrue(events.comments > 0);
        }
    }

    @Test
    void compactionIsReported() {
        for (int i = 0; i < 10; i++) {
            server.put("/v1/kv/a", "x");
        }
        service.compact(5);
        var refused = problem(410, "compacted", server.get("/v1/watch?fromRevision=4"));
        assertEquals(5, refused.get("compactedRevision").asLong());
        problem(410, "compacted", server.get("/v1/watch?fromRevision=8", "Last-Event-ID", "3"));
        try (EventReader events = new EventReader(server, "/v1/watch")) {
            assertEquals("created", events.next().name());
            synchronized (service) {
                for (int i = 0; i < 5; i++) {
                    service.apply(Request.of(null, new Op.Put(Key.of("a"), new byte[0], 0, false)));
                }
                service.compact(15);
            }
            EventReader.Event compacted = events.next();
            assertEquals("compacted", compacted.name());
            assertEquals(15, compacted.data().get("compactedRevision").asLong());
            assertNull(events.next());
        }
    }

    @Test
    void badWatchesAreRefused() {
        for (String query :
                List.of("key=", "key=a&prefix=a", "fromRevision=0", "fromRevision=x", "revision=1", "to=")) {
            problem(400, "invalid-request", server.get("/v1/watch?" + query));
        }
        problem(400, "invalid-request", server.get("/v1/watch", "Last-Event-ID", "abc"));
        problem(400, "invalid-request", server.get("/v1/watch", "Last-Event-ID", Long.toString(Long.MAX_VALUE)));
        problem(406, "not-acceptable", server.get("/v1/watch", "Accept", "application/json"));
    }

    @Test
    void theNumberOfWatchesIsBounded() {
        List<EventReader> open = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            open.add(new EventReader(server, "/v1/watch"));
            assertNotNull(open.getLast().next());
        }
        assertEquals(0, server.api.admission().requests());
        problem(429, "overloaded", server.get("/v1/watch"));
        open.removeLast().close();
        RestServer.await("a place is free", () -> server.api.admission().watches() < 8);
        open.add(new EventReader(server, "/v1/watch"));
        assertEquals("created", open.getLast().next().name());
        open.forEach(EventReader::close);
    }

    @Test
    void closingTheApiEndsTheStreams() {
        try (EventReader events = new EventReader(server, "/v1/watch")) {
            assertEquals("created", events.next().name());
            server.api.close();
            assertNull(events.next());
        }
    }
}
