package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.header;
import static io.raftgres.node.rest.Responses.json;
import static io.raftgres.node.rest.Responses.problem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ServiceException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** POST /v1/compact: its responses, and the revisions that are readable afterwards. */
@Timeout(60)
class CompactRouteTest {

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void stop() {
        server.close();
        service.close();
    }

    private HttpResponse<byte[]> compact(String json, String... headers) {
        return server.send(
                "POST",
                "/v1/compact",
                json.getBytes(StandardCharsets.UTF_8),
                Stream.concat(Stream.of("content-type", "application/json"), Stream.of(headers))
                        .toArray(String[]::new));
    }

    @Test
    void compactsUpToTheCurrentRevision() {
        for (int i = 0; i < 5; i++) {
            server.put("/v1/kv/a", "x" + i);
        }
        HttpResponse<byte[]> done = compact("{\"revision\":4}");
        assertEquals(200, done.statusCode());
        assertEquals(4, json(done).get("compactedRevision").asLong());
        assertEquals("6", header(done, "raftgres-revision"));
        assertEquals(200, server.get("/v1/kv/a?revision=4").statusCode());
        problem(410, "compacted", server.get("/v1/kv/a?revision=3"));
        problem(410, "compacted", server.get("/v1/watch?fromRevision=3"));
        assertEquals(
                4,
                problem(410, "compacted", compact("{\"revision\":4}"))
                        .get("compactedRevision")
                        .asLong());
        assertEquals(
                4,
                problem(410, "compacted", compact("{\"revision\":1}"))
                        .get("compactedRevision")
                        .asLong());
        problem(400, "future-revision", compact("{\"revision\":7}"));
        assertEquals(200, compact("{\"revision\":6}").statusCode());
        assertEquals(200, server.get("/v1/kv/a").statusCode());
    }

    @Test
    void repetitionHasTheFirstResponse() {
        server.put("/v1/kv/a", "x");
        assertEquals(200, compact("{\"revision\":2}", "idempotency-key", "once").statusCode());
        HttpResponse<byte[]> again = compact("{\"revision\":2}", "idempotency-key", "once");
        assertEquals(2, json(again).get("compactedRevision").asLong());
        assertEquals("true", header(again, "raftgres-replayed"));
        server.put("/v1/kv/a", "y", "idempotency-key", "of a put");
        assertTrue(problem(400, "invalid-request", compact("{\"revision\":3}", "idempotency-key", "of a put"))
                .get("detail")
                .asText()
                .contains("another request"));
    }

    @Test
    void badRequestsAreRefused() {
        server.put("/v1/kv/a", "x");
        for (String body : List.of(
                "",
                "2",
                "[]",
                "{}",
                "{\"revision\":0}",
                "{\"revision\":-1}",
                "{\"revision\":\"2\"}",
                "{\"revision\":2.5}",
                "{\"revision\":99999999999999999999}",
                "{\"revision\":null}",
                "{\"Revision\":2}",
                "{\"revision\":2,\"physical\":true}",
                "{\"revision\":2} {}",
                "{\"revision\":2",
                "{\"revision\":{}}")) {
            problem(400, "invalid-request", compact(body));
        }
        assertEquals(
                "/revision",
                problem(400, "invalid-request", compact("{\"revision\":0}"))
                        .get("pointer")
                        .asText());
        problem(
                415,
                "unsupported-media-type",
                server.send(
                        "POST",
                        "/v1/compact",
                        "{\"revision\":2}".getBytes(StandardCharsets.UTF_8),
                        "content-type",
                        "text/plain"));
        problem(413, "too-large", compact(" ".repeat(2_000)));
        problem(405, "method-not-allowed", server.get("/v1/compact"));
        service.failure = new ServiceException.Unavailable("no leader");
        problem(503, "unavailable", compact("{\"revision\":2}"));
        service.failure = null;
        assertEquals(200, compact("{\"revision\":2}").statusCode());
        server.assertIdle();
    }
}
