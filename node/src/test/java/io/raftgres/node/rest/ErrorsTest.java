package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.header;
import static io.raftgres.node.rest.Responses.json;
import static io.raftgres.node.rest.Responses.problem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.node.kv.ServiceException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Errors are problem documents (RFC 9457), the excess is refused, and no request leaves memory behind. */
@Timeout(120)
class ErrorsTest {

    private final MemoryKvService service = new MemoryKvService();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final RestServer server = new RestServer(service, RestServer.QUICK, new MicrometerRequestMeter(meters));

    @AfterEach
    void close() {
        server.assertIdle();
        server.close();
        service.close();
    }

    @Test
    void everyFailureOfTheServiceHasItsStatus() {
        assertFailure(new ServiceException.Invalid("no"), 400, "invalid-request", null);
        assertFailure(new ServiceException.FutureRevision(9, 3), 400, "future-revision", null);
        assertFailure(new ServiceException.Compacted(2, 3), 410, "compacted", null);
        assertFailure(new ServiceException.Overloaded("full", 1), 429, "overloaded", "1");
        assertFailure(new ServiceException.Overloaded("full", 2500), 429, "overloaded", "3");
        assertFailure(new ServiceException.Unavailable("no leader"), 503, "unavailable", "1");
        assertFailure(new ServiceException.OutcomeUnknown("late"), 504, "outcome-unknown", null);
        assertFailure(new CompletionException(new ServiceException.Invalid("no")), 400, "invalid-request", null);
        JsonNode defect = assertFailure(new IllegalStateException("secret"), 500, "internal", null);
        assertTrue(defect.get("id").isTextual());
        assertFalse(defect.toString().contains("secret"));
        service.failure = new IllegalStateException("secret");
        problem(500, "internal", server.get("/v1/cluster"));
        problem(500, "internal", server.get("/v1/watch"));
    }

    /** A client that uses a service's name finds another member only with a new connection. */
    @Test
    void aMemberThatWasRemovedKeepsNoConnection() throws Exception {
        service.failure = new ServiceException.Unavailable("removed", ServiceException.Unavailable.MEMBER_REMOVED);
        try (Socket socket = server.connect()) {
            socket.getOutputStream()
                    .write("GET /v1/kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(response.startsWith("HTTP/1.1 503 "), response);
            assertTrue(response.toLowerCase().contains("connection: close"), response);
        }
    }

    private JsonNode assertFailure(RuntimeException failure, int status, String type, String retryAfter) {
        service.failure = failure;
        HttpResponse<byte[]> response = server.put("/v1/kv/a", "x");
        assertEquals(retryAfter, header(response, "retry-after"));
        problem(status, type, server.get("/v1/kv/a"));
        problem(status, type, server.get("/v1/kv"));
        problem(status, type, server.delete("/v1/kv?prefix=a"));
        problem(status, type, server.txn("{}", ""));
        service.failure = null;
        return problem(status, type, response);
    }

    @Test
    void unknownPathsAndMethods() {
        for (String path : List.of("/v1", "/v1/", "/v1/kvs", "/v1/kv%2Fa", "/v1/txn/", "/v1//kv/a", "/v1/%6Bv/a")) {
            problem(404, "no-such-route", server.get(path));
        }
        assertEquals(404, server.get("/v2/kv/a").statusCode());
        HttpResponse<byte[]> post = server.send("POST", "/v1/kv/a", new byte[10]);
        problem(405, "method-not-allowed", post);
        assertEquals("GET, HEAD, PUT, DELETE", header(post, "allow"));
        HttpResponse<byte[]> get = server.get("/v1/txn");
        problem(405, "method-not-allowed", get);
        assertEquals("POST", header(get, "allow"));
        problem(405, "method-not-allowed", server.send("BREW", "/v1/cluster", (byte[]) null));
    }

    @Test
    void clusterView() {
        JsonNode view = json(server.get("/v1/cluster"));
        assertEquals("00000000000000c1", view.get("clusterId").asText());
        assertEquals(7, view.get("term").asLong());
        assertEquals("node1", view.get("leader").get("name").asText());
        JsonNode member = view.get("members").get(0);
        assertEquals("leader", member.get("role").asText());
        assertEquals(6, member.get("lastTerm").asLong());
        assertEquals(43, member.get("lastIndex").asLong());
        assertEquals(42, member.get("commitIndex").asLong());
        assertEquals("http://localhost:8081", member.get("clientAddress").asText());
        problem(400, "invalid-request", server.get("/v1/cluster?x=1"));
    }

    @Test
    void chunkedBodiesAreBounded() {
        byte[] value = new byte[300_000];
        assertEquals(201, server.send("PUT", "/v1/kv/a", publisher(value)).statusCode());
        assertEquals(300_000, server.get("/v1/kv/a").body().length);
        problem(413, "too-large", server.send("PUT", "/v1/kv/b", publisher(new byte[(1536 << 10) + 1])));
    }

    private static java.net.http.HttpRequest.BodyPublisher publisher(byte[] bytes) {
        return BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(bytes));
    }

    @Test
    void aBodyThatIsPromisedTooLargeIsRefusedBeforeItIsSent() throws Exception {
        String response =
                server.exchange("PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nabc");
        assertTrue(response.startsWith("HTTP/1.1 413 "), response);
        assertTrue(response.toLowerCase().contains("connection: close"), response);
    }

    @Test
    void aClientThatExpectsContinueGetsIt() throws Exception {
        try (Socket socket = server.connect()) {
            OutputStream out = socket.getOutputStream();
            String head = "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                    + "Expect: 100-continue\r\nConnection: close\r\n\r\n";
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            byte[] interim = socket.getInputStream().readNBytes("HTTP/1.1 100 Continue\r\n\r\n".length());
            assertEquals("HTTP/1.1 100 Continue\r\n\r\n", new String(interim, StandardCharsets.US_ASCII));
            out.write('x');
            String rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(rest.startsWith("HTTP/1.1 201 "), rest);
        }
    }

    @Test
    void aBodyThatTricklesIsCut() throws Exception {
        String begun = "PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nab";
        String response = server.exchange(begun);
        // What the node says, rightly, when the machine stalled meanwhile.
        for (int times = 1; times < 5 && response.contains("too busy"); times++) {
            response = server.exchange(begun);
        }
        assertTrue(response.startsWith("HTTP/1.1 408 "), response);
        assertEquals(0, service.writes.get());
    }

    @Test
    void aNodeTooBusyToReadABodyDoesNotBlameItsClient() throws Exception {
        try (Socket socket = server.connect()) {
            socket.getOutputStream()
                    .write("PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nab"
                            .getBytes(StandardCharsets.US_ASCII));
            RestServer.await("the request is in", () -> server.api.admission().bodyBytes() > 0);
            server.holdUp(Duration.ofSeconds(2));
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(response.startsWith("HTTP/1.1 503 "), response);
            assertTrue(response.contains("too busy"), response);
        }
        assertEquals(0, service.writes.get());
    }

    @Test
    void aBodyThatIsCutOffIsNotWritten() throws Exception {
        try (Socket socket = server.connect()) {
            socket.getOutputStream()
                    .write("PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nab"
                            .getBytes(StandardCharsets.US_ASCII));
            RestServer.await("the request is in", () -> server.api.admission().bodyBytes() > 0);
        }
        server.assertIdle();
        assertEquals(0, service.writes.get());
    }

    @Test
    void clientThatLeavesBeforeTheResponseIsForgotten() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        service.gate = gate;
        try (Socket socket = server.connect()) {
            socket.getOutputStream()
                    .write("PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\na"
                            .getBytes(StandardCharsets.US_ASCII));
            RestServer.await("the request is in", () -> server.api.admission().requests() == 1);
        }
        gate.complete(null);
        server.assertIdle();
        assertEquals(1, service.writes.get());
    }

    @Test
    void moreThanTheNodeCanHoldIsRefused() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        service.gate = gate;
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                Socket socket = server.connect();
                sockets.add(socket);
                socket.getOutputStream()
                        .write("GET /v1/kv/a HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            RestServer.await("64 requests are in", () -> server.api.admission().requests() == 64);
            HttpResponse<byte[]> refused = server.get("/v1/kv/a");
            problem(429, "overloaded", refused);
            assertEquals("1", header(refused, "retry-after"));
            gate.complete(null);
            server.assertIdle();
            problem(404, "key-not-found", server.get("/v1/kv/a"));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void theBytesOfAllBodiesAreBounded() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        service.gate = gate;
        byte[] value = new byte[1536 << 10];
        List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            String target = "/v1/kv/" + i;
            responses.add(CompletableFuture.supplyAsync(
                    () -> server.send("PUT", target, value),
                    task -> Thread.ofVirtual().start(task)));
        }
        RestServer.await(
                "five are refused",
                () -> responses.stream().filter(CompletableFuture::isDone).count() >= 5);
        assertTrue(server.api.admission().bodyBytes() <= RestServer.BODY_BYTES);
        gate.complete(null);
        long refused = 0;
        for (CompletableFuture<HttpResponse<byte[]>> response : responses) {
            int status = response.get().statusCode();
            assertTrue(status == 201 || status == 429, "status " + status);
            refused += status == 429 ? 1 : 0;
        }
        assertTrue(refused >= 5 && refused < 10, "refused " + refused);
    }

    @Test
    void requestsAreMeteredByRouteAndStatus() {
        server.put("/v1/kv/a", "x");
        server.get("/v1/kv/a");
        server.get("/v1/kv/a");
        server.get("/v1/kv/b");
        server.get("/v1/nowhere");
        RestServer.await(
                "five are counted",
                () -> meters.find("raftgres.http.requests").timers().stream()
                                .mapToLong(timer -> timer.count())
                                .sum()
                        == 5);
        assertEquals(2, count("GET /v1/kv/{key}", "200"));
        assertEquals(1, count("GET /v1/kv/{key}", "404"));
        assertEquals(1, count("PUT /v1/kv/{key}", "201"));
        assertEquals(1, count("other", "404"));
    }

    private long count(String route, String status) {
        return meters.get("raftgres.http.requests")
                .tags("route", route, "status", status)
                .timer()
                .count();
    }
}
