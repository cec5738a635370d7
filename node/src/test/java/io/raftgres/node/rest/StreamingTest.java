package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.watch.WatchRight;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams that are larger than memory: a slow reader slows the source, and a failure in the middle is visible. */
@Timeout(120)
class StreamingTest {

    private static final int VALUE_BYTES = 300;

    /** Makes rows as fast as they are taken; holds none. */
    private static final class EndlessService extends MemoryKvService {
        final AtomicLong made = new AtomicLong();
        final AtomicLong closedWatches = new AtomicLong();
        volatile long rows = 200_000;
        volatile RuntimeException atEnd;

        @Override
        public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
            consumer.header(17);
            for (long i = 0; i < rows; i++) {
                made.incrementAndGet();
                if (!consumer.row(row(i))) {
                    consumer.awaitReady(Long.MAX_VALUE);
                }
            }
            if (atEnd != null) {
                throw atEnd;
            }
            return new RangeEnd(null, -1);
        }

        private static Row row(long i) {
            return new Row(Key.of("key%09d".formatted(i)), new byte[VALUE_BYTES], 2, 3, 1, 0);
        }

        @Override
        public Watch watch(KeyRange range, long fromRevision, WatchRight right) {
            return new Watch() {
                private long revision = 1;

                @Override
                public long createdRevision() {
                    return 1;
                }

                @Override
                public List<Change> next(Duration wait) {
                    revision++;
                    made.incrementAndGet();
                    return List.of(new Change(revision, null, row(revision)));
                }

                @Override
                public long revision() {
                    return revision;
                }

                @Override
                public void close() {
                    closedWatches.incrementAndGet();
                }
            };
        }
    }

    private final EndlessService service = new EndlessService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.assertIdle();
        server.close();
        service.close();
    }

    /** Sends the request with a small receive buffer, and waits until the source stands still. */
    private Socket stalled(String target) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 << 10);
        socket.setSoTimeout(60_000);
        socket.connect(new java.net.InetSocketAddress("localhost", server.port));
        String request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        AtomicLong last = new AtomicLong(-1);
        AtomicLong since = new AtomicLong();
        RestServer.await("the source stands still", () -> {
            long now = service.made.get();
            if (now != last.getAndSet(now) || now == 0) {
                since.set(System.nanoTime());
            }
            return System.nanoTime() - since.get() > 500_000_000;
        });
        return socket;
    }

    /** What the server can hold: its window, the socket buffers of both sides (a few MiB at most), a row. */
    private void assertBounded() {
        long bytes = service.made.get() * VALUE_BYTES * 4 / 3;
        assertTrue(bytes < 16 << 20, "made " + bytes + " bytes that nobody took");
    }

    @Test
    void aSlowReaderOfARangeSlowsItsSourceOnly() throws Exception {
        try (Socket socket = stalled("/v1/kv")) {
            assertBounded();
            assertEquals(404, server.get("/v1/kv/other").statusCode());
            byte[] all = socket.getInputStream().readAllBytes();
            assertEquals(200_000, service.made.get());
            int head = new String(all, 0, 1_000, StandardCharsets.US_ASCII).indexOf("\r\n\r\n") + 4;
            assertEquals(200_000, Responses.json(unchunk(all, head)).get("kvs").size());
        }
    }

    /** @return the content of a chunked body, which must have its last chunk */
    private static String unchunk(byte[] bytes, int start) {
        StringBuilder content = new StringBuilder(bytes.length);
        int at = start;
        while (true) {
            int lineEnd = at;
            while (bytes[lineEnd] != '\r') {
                lineEnd++;
            }
            int size = Integer.parseInt(new String(bytes, at, lineEnd - at, StandardCharsets.US_ASCII), 16);
            if (size == 0) {
                assertEquals(bytes.length, lineEnd + 4);
                return content.toString();
            }
            content.append(new String(bytes, lineEnd + 2, size, StandardCharsets.US_ASCII));
            at = lineEnd + 2 + size + 2;
        }
    }

    @Test
    void aReaderThatLeavesEndsTheRead() throws Exception {
        service.rows = 100_000_000;
        stalled("/v1/kv").close();
        RestServer.await(
                "the range read has ended", () -> server.api.admission().rangeReads() == 0);
        assertBounded();
    }

    @Test
    void aSlowWatcherPausesItsWatch() throws Exception {
        try (Socket socket = stalled("/v1/watch")) {
            assertBounded();
            long before = service.made.get();
            InputStream in = socket.getInputStream();
            in.readNBytes(8 << 20);
            RestServer.await("the watch continues", () -> service.made.get() > before);
        }
        RestServer.await("the watch is closed", () -> service.closedWatches.get() == 1);
    }

    @Test
    void aFailureBeforeTheFirstBytesIsAProblem() {
        service.rows = 5;
        service.atEnd = new ServiceException.Unavailable("PostgreSQL became unavailable");
        Responses.problem(503, "unavailable", server.get("/v1/kv"));
        Responses.problem(503, "unavailable", server.get("/v1/kv", "Accept", "application/x-ndjson"));
    }

    @Test
    void aFailureInTheMiddleCutsTheConnection() {
        service.rows = 5_000;
        service.atEnd = new ServiceException.Unavailable("PostgreSQL became unavailable");
        assertThrows(
                IOException.class,
                () -> server.client.send(
                        HttpRequest.newBuilder(server.uri("/v1/kv")).build(), BodyHandlers.ofByteArray()));
    }

    @Test
    void aFailureInTheMiddleOfLinesIsTheLastLine() throws Exception {
        service.rows = 5_000;
        service.atEnd = new ServiceException.Unavailable("PostgreSQL became unavailable");
        String response =
                server.exchange("GET /v1/kv HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n");
        int problem = response.indexOf("{\"problem\":");
        assertTrue(problem > 0, "the problem is sent");
        String line = response.substring(problem, response.indexOf('\n', problem));
        assertEquals(503, Responses.json(line).get("problem").get("status").asInt());
        assertFalse(response.endsWith("0\r\n\r\n"), "the stream ended as if it were whole");
        assertFalse(response.contains("\"more\":"), "the stream has the trailer of one that is whole");
    }

    @Test
    void rangeReadsAreBounded() throws Exception {
        service.rows = 100_000_000;
        Socket[] sockets = new Socket[4];
        for (int i = 0; i < sockets.length; i++) {
            sockets[i] = server.connect();
            sockets[i]
                    .getOutputStream()
                    .write("GET /v1/kv HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        RestServer.await("four are read", () -> server.api.admission().rangeReads() == 4);
        Responses.problem(429, "overloaded", server.get("/v1/kv"));
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
