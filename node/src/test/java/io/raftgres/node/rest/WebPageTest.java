package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.header;
import static io.raftgres.node.rest.Responses.problem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A web page in a visitor's browser can neither write nor read through REST. Programs are not affected. */
@Timeout(120)
class WebPageTest {

    private static final String MEMBER =
            "{\"name\":\"evil\",\"peerAddress\":\"127.0.0.1:1\",\"clientAddress\":\"http://127.0.0.1:2\"}";

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.assertIdle();
        server.close();
        service.close();
    }

    private String raw(String method, String path, String headers, String body) throws Exception {
        return server.exchange(method + " " + path + " HTTP/1.1\r\n" + headers + "Content-Length: " + body.length()
                + "\r\nConnection: close\r\n\r\n" + body);
    }

    /** A page can send these types without asking, or none at all. */
    @Test
    void formsTextAndUntypedBodiesAreNotJson() {
        for (String path : List.of("/v1/members", "/v1/txn", "/v1/compact", "/v1/leader")) {
            byte[] body = MEMBER.getBytes(StandardCharsets.UTF_8);
            HttpResponse<byte[]> untyped = server.send("POST", path, body);
            problem(415, "unsupported-media-type", untyped);
            assertTrue(new String(untyped.body(), StandardCharsets.UTF_8).contains("Content-Type: application/json"));
            for (String type : List.of(
                    "text/plain",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data;boundary=x",
                    "text/plain; application/json",
                    "")) {
                problem(415, "unsupported-media-type", server.send("POST", path, body, "content-type", type));
            }
        }
        problem(
                415,
                "unsupported-media-type",
                server.send("PATCH", "/v1/members/node2", MEMBER.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void anotherSitesPageWritesNothing() throws Exception {
        server.put("/v1/kv/a", "kept");
        for (String page : List.of(
                "Origin: http://evil.example\r\n",
                "Origin: null\r\n",
                "Sec-Fetch-Site: cross-site\r\n",
                "Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:1\r\n")) {
            String headers = "Host: localhost:" + server.port + "\r\n" + page;
            String json = headers + "Content-Type: application/json\r\n";
            for (String response : List.of(
                    raw("PUT", "/v1/kv/a", headers, "evil"),
                    raw("DELETE", "/v1/kv/a", headers, ""),
                    raw("DELETE", "/v1/kv?all=true&prefix=", headers, ""),
                    raw("POST", "/v1/members", json, MEMBER),
                    raw("POST", "/v1/leader", headers, ""),
                    raw("POST", "/v1/members/node2/promote", headers, ""),
                    raw("OPTIONS", "/v1/kv/a", headers, ""))) {
                assertTrue(
                        response.startsWith("HTTP/1.1 403 ") && response.contains("raftgres.allowed-origins"),
                        response);
                assertTrue(!response.toLowerCase().contains("access-control"), response);
            }
        }
        HttpResponse<byte[]> kept = server.get("/v1/kv/a", "Sec-Fetch-Site", "cross-site");
        assertEquals("kept", new String(kept.body(), StandardCharsets.UTF_8));
        assertNull(header(kept, "access-control-allow-origin"));
    }

    /** The page's name points to this machine by now, so for the browser the node is of the same site. */
    @Test
    void aPageWhoseNamePointsHereNeitherReadsNorWrites() throws Exception {
        server.put("/v1/kv/a", "kept");
        String headers = "Host: evil.example:" + server.port + "\r\nOrigin: http://evil.example:" + server.port
                + "\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n";
        for (String response : List.of(
                raw("GET", "/v1/kv/a", headers, ""),
                raw("GET", "/v1/cluster", headers, ""),
                raw("GET", "/metrics", headers, ""),
                raw("PUT", "/v1/kv/a", headers, "evil"),
                raw("POST", "/v1/members", headers, MEMBER),
                raw("GET", "/v1/watch", headers, ""))) {
            assertTrue(response.startsWith("HTTP/1.1 421 ") && response.contains("raftgres.allowed-hosts"), response);
            assertTrue(!response.contains("kept"), response);
        }
        assertEquals("kept", new String(server.get("/v1/kv/a").body(), StandardCharsets.UTF_8));
    }

    /** curl -X PUT -d: a form's type. No page can send PUT to another site: its browser asks first, and hears no. */
    @Test
    void aValueIsOfAnyType() throws Exception {
        String response = raw(
                "PUT",
                "/v1/kv/hello",
                "Host: localhost:1\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                "world");
        assertTrue(response.startsWith("HTTP/1.1 201 "), response);
        assertEquals(201, server.put("/v1/kv/b", "x").statusCode());
    }

    @Test
    void aValueIsNeverAPage() {
        server.put("/v1/kv/a", "<script>alert(1)</script>");
        for (String path : List.of("/v1/kv/a", "/v1/kv/a?consistency=local", "/v1/kv", "/v1/kv/none", "/v1/cluster")) {
            HttpResponse<byte[]> got = server.get(path);
            assertEquals("nosniff", header(got, "x-content-type-options"), path);
            assertEquals("default-src 'none'; sandbox", header(got, "content-security-policy"), path);
            assertEquals("no-store", header(got, "cache-control"), path);
        }
    }
}
