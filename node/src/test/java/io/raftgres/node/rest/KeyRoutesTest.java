package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.header;
import static io.raftgres.node.rest.Responses.problem;
import static io.raftgres.node.rest.Responses.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.service.KvService.Consistency;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One key over REST: values, headers and preconditions. The key is exactly the bytes in the path. */
class KeyRoutesTest {

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.assertIdle();
        server.close();
        service.close();
    }

    @Test
    void putCreatesReplacesAndGetShowsIt() {
        HttpResponse<byte[]> created = server.put("/v1/kv/a", "one");
        assertEquals(201, created.statusCode());
        assertEquals("\"2\"", header(created, "etag"));
        assertEquals("2", header(created, "raftgres-revision"));
        assertEquals("2", header(created, "raftgres-create-revision"));
        assertEquals("2", header(created, "raftgres-mod-revision"));
        assertEquals("1", header(created, "raftgres-version"));

        HttpResponse<byte[]> replaced = server.put("/v1/kv/a", "two");
        assertEquals(204, replaced.statusCode());
        assertEquals("\"3\"", header(replaced, "etag"));
        assertEquals("2", header(replaced, "raftgres-version"));

        HttpResponse<byte[]> got = server.get("/v1/kv/a");
        assertEquals(200, got.statusCode());
        assertEquals("two", text(got));
        assertEquals("application/octet-stream", header(got, "content-type"));
        assertEquals("\"3\"", header(got, "etag"));
        assertEquals("2", header(got, "raftgres-create-revision"));
        assertEquals(Consistency.LINEARIZABLE, service.lastConsistency);
        assertEquals(Duration.ofSeconds(5), service.lastTimeout);

        HttpResponse<byte[]> head = server.send("HEAD", "/v1/kv/a", (byte[]) null);
        assertEquals(200, head.statusCode());
        assertEquals("3", header(head, "content-length"));
        assertEquals(0, head.body().length);
    }

    @Test
    void emptyValueIsAValue() {
        assertEquals(201, server.put("/v1/kv/empty", "").statusCode());
        HttpResponse<byte[]> got = server.get("/v1/kv/empty");
        assertEquals(200, got.statusCode());
        assertEquals("0", header(got, "content-length"));
    }

    @Test
    void readsThePast() {
        server.put("/v1/kv/a", "one");
        server.put("/v1/kv/a", "two");
        server.delete("/v1/kv/a");
        assertEquals("one", text(server.get("/v1/kv/a?revision=2")));
        assertEquals("two", text(server.get("/v1/kv/a?revision=3")));
        problem(404, "key-not-found", server.get("/v1/kv/a?revision=4"));
        problem(400, "future-revision", server.get("/v1/kv/a?revision=5"));
        service.compact(3);
        HttpResponse<byte[]> compacted = server.get("/v1/kv/a?revision=2");
        assertEquals("two", text(server.get("/v1/kv/a?revision=3")));
        assertEquals(
                3, problem(410, "compacted", compacted).get("compactedRevision").asLong());
        problem(400, "invalid-request", server.get("/v1/kv/a?revision=0"));
        problem(400, "invalid-request", server.get("/v1/kv/a?revision=-1"));
        problem(400, "invalid-request", server.get("/v1/kv/a?revision=99999999999999999999"));
    }

    @Test
    void localReadsAreAskedFor() {
        server.put("/v1/kv/a", "one");
        assertEquals(200, server.get("/v1/kv/a?consistency=local").statusCode());
        assertEquals(Consistency.LOCAL, service.lastConsistency);
        problem(400, "invalid-request", server.get("/v1/kv/a?consistency=eventual"));
    }

    @Test
    void preconditions() {
        problem(412, "compare-failed", server.put("/v1/kv/a", "x", "If-Match", "*"));
        problem(412, "compare-failed", server.put("/v1/kv/a", "x", "If-Match", "\"0\""));
        assertEquals(201, server.put("/v1/kv/a", "one", "If-None-Match", "*").statusCode());
        HttpResponse<byte[]> exists = server.put("/v1/kv/a", "two", "If-None-Match", "*");
        assertEquals(
                2, problem(412, "compare-failed", exists).get("modRevision").asLong());
        assertEquals("\"2\"", header(exists, "etag"));
        problem(412, "compare-failed", server.put("/v1/kv/a", "two", "If-Match", "\"1\""));
        problem(412, "compare-failed", server.put("/v1/kv/a", "two", "If-None-Match", "\"2\""));
        assertEquals(204, server.put("/v1/kv/a", "two", "If-Match", "\"2\"").statusCode());
        assertEquals(204, server.put("/v1/kv/a", "three", "If-Match", "*").statusCode());
        assertEquals(304, server.get("/v1/kv/a", "If-None-Match", "\"4\"").statusCode());
        assertEquals(
                304, server.get("/v1/kv/a", "If-None-Match", "\"3\", \"4\"").statusCode());
        assertEquals(304, server.get("/v1/kv/a", "If-None-Match", "*").statusCode());
        assertEquals(200, server.get("/v1/kv/a", "If-None-Match", "\"3\"").statusCode());
        problem(412, "compare-failed", server.get("/v1/kv/a", "If-Match", "\"3\""));
        problem(412, "compare-failed", server.delete("/v1/kv/a", "If-Match", "\"3\""));
        assertEquals(204, server.delete("/v1/kv/a", "If-Match", "\"4\"").statusCode());
        problem(412, "compare-failed", server.delete("/v1/kv/a", "If-Match", "\"4\""));
        problem(404, "key-not-found", server.delete("/v1/kv/a"));
        for (String bad : List.of("4", "W/\"4\"", "\"\"", "\"x\"", "\"-4\"", "\"4", "*,\"4\"", "\"1\",\"2\"")) {
            problem(400, "invalid-request", server.put("/v1/kv/a", "x", "If-Match", bad));
        }
    }

    @Test
    void everyByteStringIsAKey() {
        Random random = new Random(20260601);
        StringBuilder all = new StringBuilder("/v1/kv/");
        byte[] bytes = new byte[256];
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
            all.append("%%%02X".formatted(i));
        }
        assertPutGives(all.toString(), bytes);
        for (int b = 0; b < 256; b++) {
            assertPutGives("/v1/kv/%%%02x".formatted(b), new byte[] {(byte) b});
        }
        for (String raw : List.of(
                "a/b",
                "a//b",
                "a/",
                "/",
                "//",
                "a/../b",
                "..",
                ".",
                "./",
                "../..",
                "a+b",
                "a;b=c",
                "a&b=c",
                "~user",
                "a:b@c",
                "$!'()*,=",
                "v1/kv/x")) {
            assertPutGives("/v1/kv/" + raw, raw.getBytes(StandardCharsets.UTF_8));
        }
        assertPutGives("/v1/kv/%2E%2E%2Fetc", "../etc".getBytes(StandardCharsets.UTF_8));
        assertPutGives("/v1/kv/%252F", "%2F".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 50; i++) {
            byte[] key = new byte[1 + random.nextInt(200)];
            random.nextBytes(key);
            assertPutGives("/v1/kv/" + escape(key), key);
        }
    }

    private static String escape(byte[] key) {
        StringBuilder path = new StringBuilder();
        for (byte b : key) {
            path.append("%%%02X".formatted(b));
        }
        return path.toString();
    }

    /** The service has got exactly these bytes, and the same path reads the value back. */
    private void assertPutGives(String target, byte[] key) {
        byte[] value = target.getBytes(StandardCharsets.UTF_8);
        int status = server.send("PUT", target, value).statusCode();
        assertTrue(status == 201 || status == 204, target);
        var read = service.get(Key.of(key), Consistency.LOCAL, Duration.ofSeconds(5))
                .toCompletableFuture()
                .join();
        assertArrayEquals(value, read.row() == null ? null : read.row().value(), target);
        assertArrayEquals(value, server.get(target).body(), target);
    }

    @Test
    void badKeysAndParametersAreRefused() throws Exception {
        problem(400, "invalid-request", server.put("/v1/kv/", "x"));
        for (String key : List.of("%", "%4", "a%zz", "a%4g", "%%41", "a#b", "\u00e9", "a\u007f")) {
            String response =
                    server.exchange("GET /v1/kv/" + key + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertTrue(response.startsWith("HTTP/1.1 400 "), key + ": " + response);
        }
        HttpResponse<byte[]> unknown = server.put("/v1/kv/a?lease=5", "x");
        problem(400, "invalid-request", unknown);
        assertTrue(text(unknown).contains("lease"));
        problem(400, "invalid-request", server.get("/v1/kv/a?consistency=local&consistency=local"));
        problem(400, "invalid-request", server.get("/v1/kv/a?revision"));
        problem(400, "invalid-request", server.get("/v1/kv/a?&"));
        assertEquals(0, service.writes.get());
    }

    @Test
    void sizes() {
        byte[] longest = new byte[8 << 10];
        assertEquals(201, server.put("/v1/kv/" + escape(longest), "x").statusCode());
        problem(413, "too-large", server.put("/v1/kv/" + escape(new byte[(8 << 10) + 1]), "x"));
        byte[] value = new byte[1536 << 10];
        new Random(1).nextBytes(value);
        assertEquals(201, server.send("PUT", "/v1/kv/big", value).statusCode());
        assertArrayEquals(value, server.get("/v1/kv/big").body());
        problem(413, "too-large", server.send("PUT", "/v1/kv/big", new byte[(1536 << 10) + 1]));
    }

    @Test
    void retriesWithAnIdempotencyKeyApplyOnce() {
        HttpResponse<byte[]> first = server.put("/v1/kv/a", "one", "Idempotency-Key", "order-1");
        assertEquals(201, first.statusCode());
        assertFalse(first.headers().firstValue("raftgres-replayed").isPresent());
        server.put("/v1/kv/a", "two");
        HttpResponse<byte[]> again = server.put("/v1/kv/a", "one", "Idempotency-Key", "order-1");
        assertEquals(201, again.statusCode());
        assertEquals("true", header(again, "raftgres-replayed"));
        assertEquals("2", header(again, "raftgres-revision"));
        assertEquals("two", text(server.get("/v1/kv/a")));
        assertEquals(
                201,
                server.put(
                                "/v1/kv/late",
                                "x",
                                "Idempotency-Key",
                                "late",
                                "Idempotency-Age",
                                "50",
                                "Raftgres-Timeout-Millis",
                                "10000")
                        .statusCode());
        // It may be proposed as late as its time is over.
        problem(
                409,
                "key-forgotten",
                server.put(
                        "/v1/kv/a",
                        "x",
                        "Idempotency-Key",
                        "later",
                        "Idempotency-Age",
                        "51",
                        "Raftgres-Timeout-Millis",
                        "10000"));
        problem(400, "invalid-request", server.put("/v1/kv/a", "x", "Idempotency-Age", "1"));
        problem(400, "invalid-request", server.put("/v1/kv/a", "x", "Idempotency-Key", "k", "Idempotency-Age", "-1"));
        problem(400, "invalid-request", server.put("/v1/kv/a", "x", "Idempotency-Key", "x".repeat(256)));
        problem(400, "invalid-request", server.put("/v1/kv/a", "x", "Idempotency-Key", ""));
        problem(400, "invalid-request", server.put("/v1/kv/a", "x", "Idempotency-Key", "1", "Idempotency-Key", "2"));
    }

    @Test
    void replayWithoutDetailsIsStillServed() {
        byte[] token = IdempotencyToken.of("order-2");
        service.apply(new Request(token, List.of(), List.of(), List.of()));
        HttpResponse<byte[]> put = server.put("/v1/kv/a", "one", "Idempotency-Key", "order-2");
        assertEquals(204, put.statusCode());
        assertEquals("true", header(put, "raftgres-replayed"));
        assertEquals(
                204, server.delete("/v1/kv/a", "Idempotency-Key", "order-2").statusCode());
        service.apply(Request.of(null, new Op.Put(Key.of("a"), new byte[0], 0, false)));
        assertEquals(200, server.get("/v1/kv/a").statusCode());
    }

    @Test
    void timeouts() {
        server.put("/v1/kv/a", "one", "Raftgres-Timeout-Millis", "1234");
        assertEquals(Duration.ofMillis(1234), service.lastTimeout);
        for (String bad : List.of("0", "60001", "-1", "1.5", "abc")) {
            problem(400, "invalid-request", server.get("/v1/kv/a", "Raftgres-Timeout-Millis", bad));
        }
    }

    @Test
    void representations() {
        server.put("/v1/kv/a", "one");
        assertEquals(
                200, server.get("/v1/kv/a", "Accept", "text/html, */*;q=0.1").statusCode());
        assertEquals(200, server.get("/v1/kv/a", "Accept", "application/*").statusCode());
        problem(406, "not-acceptable", server.get("/v1/kv/a", "Accept", "text/html"));
        problem(406, "not-acceptable", server.get("/v1/kv/a", "Accept", "application/octet-stream;q=0, */*"));
        problem(415, "unsupported-media-type", server.put("/v1/kv/a", "x", "Content-Encoding", "gzip"));
    }
}
