package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes of the cluster over REST: valid requests, their responses, and refusals. */
class MemberRoutesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NEW =
            "{\"name\":\"node4\",\"peerAddress\":\"localhost:9084\",\"clientAddress\":\"http://localhost:8084\"}";

    private MemoryKvService service;
    private RestServer server;

    @BeforeEach
    void start() throws Exception {
        service = new MemoryKvService();
        server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        service.close();
    }

    private HttpResponse<byte[]> send(String method, String path, String body) throws Exception {
        return body == null
                ? server.send(method, path, (byte[]) null)
                : server.send(method, path, body.getBytes(StandardCharsets.UTF_8), "content-type", "application/json");
    }

    private JsonNode done(int status, HttpResponse<byte[]> response) throws Exception {
        assertEquals(status, response.statusCode(), () -> new String(response.body(), StandardCharsets.UTF_8));
        return JSON.readTree(response.body());
    }

    @Test
    void aNewMemberIsALearnerAndIsAddedOnce() throws Exception {
        JsonNode added = done(201, send("POST", "/v1/members", NEW));
        assertEquals("00000000000000c1", added.get("clusterId").asText());
        assertEquals("node4", added.at("/member/name").asText());
        assertEquals("learner", added.at("/member/role").asText());
        assertEquals(2, added.get("members").size());
        assertEquals(
                added.at("/member/id"),
                done(200, send("POST", "/v1/members", NEW)).at("/member/id"));
    }

    @Test
    void aMemberIsNamedByNameOrId() throws Exception {
        String id = done(201, send("POST", "/v1/members", NEW)).at("/member/id").asText();
        assertEquals(
                id,
                done(200, send("POST", "/v1/members/node4/promote", null))
                        .at("/member/id")
                        .asText());
        assertEquals(
                "http://other:1",
                done(200, send("PATCH", "/v1/members/" + id, "{\"clientAddress\":\"http://other:1\"}"))
                        .at("/member/clientAddress")
                        .asText());
        assertEquals(
                "node4",
                done(200, send("DELETE", "/v1/members/node%34", null))
                        .at("/removed/name")
                        .asText());
    }

    @Test
    void leadershipIsTransferredWithOrWithoutATarget() throws Exception {
        assertEquals(
                "node1",
                done(200, send("POST", "/v1/leader", null)).at("/leader/name").asText());
        assertEquals(
                "node1",
                done(200, send("POST", "/v1/leader", "{}")).at("/leader/name").asText());
        assertEquals(
                "node1",
                done(200, send("POST", "/v1/leader", "{\"target\":\"node1\"}"))
                        .at("/leader/name")
                        .asText());
        assertEquals(
                "node1",
                done(200, send("POST", "/v1/leader?target=node1", null))
                        .at("/leader/name")
                        .asText());
        assertEquals(
                400,
                send("POST", "/v1/leader?target=node1", "{\"target\":\"node1\"}")
                        .statusCode());
        // As the proxy of Kubernetes' API server may send it.
        assertTrue(server.exchange("POST /v1/leader?target=node1 HTTP/1.1\r\nHost: localhost\r\n"
                        + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n")
                .startsWith("HTTP/1.1 200"));
        assertEquals(400, send("POST", "/v1/leader?to=node1", null).statusCode());
    }

    /** Also when the client asks for exactly the default time of a read or write. */
    @Test
    void aChangeTakesTheTimeThatTheClientAsksFor() throws Exception {
        assertEquals(200, server.send("POST", "/v1/leader", (byte[]) null).statusCode());
        assertEquals(Duration.ofSeconds(10), service.lastChangeTimeout());
        Duration usual = RestServer.QUICK.defaultTimeout();
        String millis = Long.toString(usual.toMillis());
        assertEquals(
                200,
                server.send("POST", "/v1/leader", (byte[]) null, "Raftgres-Timeout-Millis", millis)
                        .statusCode());
        assertEquals(usual, service.lastChangeTimeout());
    }

    @Test
    void theClusterShowsStateLagAndAlarms() throws Exception {
        JsonNode member = done(200, send("GET", "/v1/cluster", null)).at("/members/0");
        assertEquals("serving", member.get("state").asText());
        assertEquals(42, member.get("matchIndex").asLong());
        assertEquals(0, member.get("lag").asLong());
        assertTrue(member.get("alarms").isArray());
    }

    @Test
    void errorsAreExplained() throws Exception {
        Responses.problem(404, "member-not-found", send("DELETE", "/v1/members/nobody", null));
        Responses.problem(409, "membership-refused", send("DELETE", "/v1/members/node1", null));
        Responses.problem(409, "membership-refused", send("POST", "/v1/members", NEW.replace("node4", "node1")));
        Responses.problem(400, "invalid-request", send("POST", "/v1/members", "{\"name\":\"x\"}"));
        Responses.problem(400, "invalid-request", send("POST", "/v1/members", NEW.replace("name", "nome")));
        Responses.problem(400, "invalid-request", send("POST", "/v1/members", NEW + "1"));
        Responses.problem(400, "invalid-request", send("POST", "/v1/members", "[]"));
        Responses.problem(400, "invalid-request", send("POST", "/v1/members", "{\"name\":1}"));
        Responses.problem(400, "invalid-request", send("PATCH", "/v1/members/node1", "{}"));
        Responses.problem(413, "too-large", send("POST", "/v1/members", " ".repeat(5000) + NEW));
        Responses.problem(405, "method-not-allowed", send("GET", "/v1/members", null));
        Responses.problem(404, "no-such-route", send("POST", "/v1/members/node1/demote", null));
        Responses.problem(400, "invalid-request", send("DELETE", "/v1/members/", null));
    }
}
