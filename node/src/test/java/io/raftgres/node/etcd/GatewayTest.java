package io.raftgres.node.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.ServiceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The gateway responds as etcd 3.7.1 did to the same requests by curl, except for white space. */
class GatewayTest {

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    private void assertResponse(int status, String json, HttpResponse<String> response) {
        assertEquals(status + " " + json, response.statusCode() + " " + response.body());
        assertEquals(
                "application/json",
                response.headers().firstValue("content-type").orElse(""));
    }

    @Test
    void putValueIsRead() {
        HttpResponse<String> put = gateway.post("/v3/kv/put", "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}");
        assertEquals(200, put.statusCode());
        assertTrue(
                put.body()
                        .matches("\\{\"header\":\\{\"cluster_id\":\"\\d+\",\"member_id\":\"\\d+\","
                                + "\"revision\":\"2\",\"raft_term\":\"\\d+\"}}"),
                put.body());
        String kvs = ",\"kvs\":[{\"key\":\"Zm9v\",\"create_revision\":\"2\",\"mod_revision\":\"2\",\"version\":\"1\","
                + "\"value\":\"YmFy\"}],\"count\":\"1\"}";
        for (String request : new String[] {
            "{\"key\":\"Zm9v\"}",
            "{\"key\":\"Zm9v\",\"unknown\":1}",
            "{\"key\":\"Zm9v\",\"sortOrder\":\"DESCEND\",\"sort_target\":\"MOD\"}",
            "{\"key\":\"Zm9v\",\"sortOrder\":\"BAD\",\"limit\":\"3\",\"revision\":2}",
            "{\"key\":\"Zm9v\"} junk",
            "{\"key\":\"Zm9v\"}{\"x\":1}",
        }) {
            HttpResponse<String> range = gateway.post("/v3/kv/range", request);
            assertEquals(200, range.statusCode(), request);
            assertTrue(range.body().endsWith(kvs), range.body());
        }
        assertEquals(200, gateway.post("/v3beta/kv/range", "{\"key\":\"Zm9v\"}").statusCode());
    }

    @Test
    void errorsAreEtcds() {
        String noKey = "{\"code\":3,\"message\":\"etcdserver: key is not provided\"}";
        assertResponse(400, noKey, gateway.post("/v3/kv/range", ""));
        assertResponse(400, noKey, gateway.post("/v3/kv/put", "{}"));
        assertResponse(
                400,
                "{\"code\":11,\"message\":\"etcdserver: mvcc: required revision is a future revision\"}",
                gateway.post("/v3/kv/range", "{\"key\":\"Zm9v\",\"revision\":\"99\"}"));
        assertResponse(
                400,
                "{\"code\":3,\"message\":\"etcdserver: invalid sort option\"}",
                gateway.post("/v3/kv/range", "{\"key\":\"Zm9v\",\"sortOrder\":7}"));
        assertResponse(404, "{\"code\":5,\"message\":\"Not Found\"}", gateway.post("/v3/kv/nope", "{}"));
        assertResponse(404, "{\"code\":5,\"message\":\"Not Found\"}", gateway.post("/v3/kv/rangestream", "{}"));
        assertResponse(501, "{\"code\":12,\"message\":\"Method Not Allowed\"}", gateway.get("/v3/kv/range"));
        gateway.service.failure = new ServiceException.Unavailable("no \"quorum\"");
        assertResponse(
                503,
                "{\"code\":14,\"message\":\"etcdserver: no \\\"quorum\\\"\"}",
                gateway.post("/v3/kv/put", "{\"key\":\"Zm9v\"}"));
    }

    @Test
    void malformedJsonIsReported() {
        for (String bad : new String[] {
            "{",
            "[1]",
            "key=Zm9v",
            "{\"key\":\"!!\"}",
            "{\"key\":\"Zm9v\",\"limit\":1.5}",
            "[".repeat(100_000),
            "{\"a\":".repeat(100_000),
            "\0",
            "{\"key\":\"Zm9v\",\"limit\":\"x\"}"
        }) {
            HttpResponse<String> response = gateway.post("/v3/kv/range", bad);
            assertEquals(400, response.statusCode(), response.body());
            assertTrue(
                    response.body().startsWith("{\"code\":3,\"message\":\"")
                            && response.body().length() < 1000,
                    response.body());
        }
    }

    @Test
    void oversizedRequestIsRefused() {
        assertResponse(400, "{\"code\":3,\"message\":\"etcdserver: request is too large\"}", put(1_700_000));
        assertResponse(
                429,
                "{\"code\":8,\"message\":\"grpc: received message larger than max (2100010 vs. 2097152)\"}",
                put(2_100_000));
        assertEquals(429, put(3_000_000).statusCode());
        assertEquals(200, put(1_000_000).statusCode());
    }

    private HttpResponse<String> put(int bytes) {
        return gateway.post(
                "/v3/kv/put",
                "{\"key\":\"Zm9v\",\"value\":\"" + Base64.getEncoder().encodeToString(new byte[bytes]) + "\"}");
    }

    @Test
    void versionHealthAndMetricsAreAnswered() {
        HttpResponse<String> version = gateway.get("/version");
        assertResponse(
                200,
                "{\"etcdserver\":\"3.7.0\",\"etcdcluster\":\"3.7.0\",\"storage\":\"3.7.0\","
                        + "\"raftgres\":\"0.1.0\"}",
                version);
        String healthy = "{\"health\":\"true\",\"reason\":\"\"}";
        assertEquals(healthy, gateway.get("/health").body());
        assertEquals(healthy, gateway.get("/health?serializable=true").body());
        assertEquals("ok\n", gateway.get("/livez").body());
        assertEquals(
                "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n",
                gateway.get("/readyz?verbose").body());
        assertEquals("a_metric 1\n", gateway.get("/metrics").body());
        assertEquals("404 page not found\n", gateway.get("/nope").body());
        HttpResponse<String> notAllowed = gateway.post("/health", "");
        assertEquals(
                "405 GET Method Not Allowed\n",
                notAllowed.statusCode() + " "
                        + notAllowed.headers().firstValue("allow").orElse("") + " " + notAllowed.body());
        gateway.service.failure = new ServiceException.Unavailable("no PostgreSQL");
        HttpResponse<String> sick = gateway.get("/health");
        assertEquals(
                "503 {\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: no PostgreSQL\"}\n",
                sick.statusCode() + " " + sick.body());
        assertTrue(gateway.get("/readyz").body().contains("[-]linearizable_read failed: etcdserver: no PostgreSQL\n"));
    }

    @Test
    void aConnectionServesOneRequestAfterAnother() throws Exception {
        String put = "POST /v3/kv/put HTTP/1.1\r\nHost: localhost\r\nContent-Length: 29\r\n\r\n"
                + "{\"key\":\"Zm9v\",\"value\":\"YQ==\"}";
        try (Socket socket = gateway.connect()) {
            // All requests at once, so that they wait for each other in the server.
            socket.getOutputStream()
                    .write((put.repeat(200) + "GET /version HTTP/1.1\r\nHost: localhost\r\n"
                                    + "Connection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String responses = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertEquals(201, responses.split("HTTP/1.1 200 OK", -1).length - 1);
            assertTrue(responses.contains("\"revision\":\"201\"") && responses.endsWith("\"0.1.0\"}"), responses);
        }
    }

    @Test
    void aClientOfHttp10AndOneThatWaitsForContinueAreServed() throws Exception {
        assertTrue(gateway.raw("GET /version HTTP/1.0\r\n\r\n").endsWith("\"0.1.0\"}"));
        try (Socket socket = gateway.connect()) {
            socket.getOutputStream()
                    .write(("POST /v3/kv/put HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n"
                                    + "Expect: 100-continue\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            assertEquals("HTTP/1.1 100 Continue", reader.readLine());
            socket.getOutputStream().write("{\"key\":\"Zm9v\"}".getBytes(StandardCharsets.US_ASCII));
            assertEquals("", reader.readLine());
            assertEquals("HTTP/1.1 200 OK", reader.readLine());
        }
    }

    @Test
    void aBodyInChunksIsOne() {
        HttpRequest.BodyPublisher chunks = HttpRequest.BodyPublishers.ofByteArrays(
                java.util.List.of("{\"key\"".getBytes(), ":\"Zm".getBytes(), "9v\"}".getBytes()));
        assertEquals(
                200,
                gateway.send(gateway.request("/v3/kv/put").POST(chunks).build()).statusCode());
    }

    /**
     * A page can send JSON as a form or as text without consent, and etcd's clients do so too. So the gateway
     * recognises a page by its origin.
     */
    @Test
    void requestsOfForeignPagesAreRefused() throws IOException {
        String own = "Host: localhost:" + gateway.server.port() + "\r\n";
        String put = "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}";
        for (String page : new String[] {
            own + "Origin: http://evil.example\r\n",
            own + "Origin: null\r\n",
            own + "Sec-Fetch-Site: cross-site\r\n",
            own + "Sec-Fetch-Site: same-site\r\n"
        }) {
            for (String path :
                    new String[] {"kv/put", "kv/deleterange", "cluster/member/add", "auth/user/add", "watch"}) {
                String response = gateway.raw("POST /v3/" + path + " HTTP/1.1\r\n" + page + "Content-Length: "
                        + put.length() + "\r\nConnection: close\r\n\r\n" + put);
                assertTrue(
                        response.startsWith("HTTP/1.1 403 ") && response.contains("raftgres.allowed-origins"),
                        response);
            }
        }
        for (String request : new String[] {"GET /version", "GET /health", "GET /metrics", "POST /v3/kv/range"}) {
            String rebound = gateway.raw(request + " HTTP/1.1\r\nHost: evil.example\r\n"
                    + "Sec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n");
            assertTrue(rebound.startsWith("HTTP/1.1 421 ") && rebound.contains("raftgres.allowed-hosts"), rebound);
        }
        assertTrue(gateway.post("/v3/kv/range", "{\"key\":\"Zm9v\"}").body().endsWith("}}"), "nothing is there");
        String form = gateway.raw("POST /v3/kv/put HTTP/1.1\r\n" + own
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + put.length()
                + "\r\nConnection: close\r\n\r\n" + put);
        assertTrue(form.startsWith("HTTP/1.1 200 "), form);
        assertTrue(form.contains("content-security-policy: default-src 'none'; sandbox"), form);
    }
}
