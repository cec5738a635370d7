package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.base64;
import static io.raftgres.node.rest.Responses.header;
import static io.raftgres.node.rest.Responses.json;
import static io.raftgres.node.rest.Responses.problem;
import static io.raftgres.node.rest.Responses.unbase64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Transactions over REST: their results, and refusals with the place of the mistake. */
class TxnRouteTest {

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @AfterEach
    void close() {
        server.assertIdle();
        server.close();
        service.close();
    }

    @Test
    void comparesChooseTheBranch() {
        String txn = """
                {"compare":[{"key":"a","target":"version","op":"=","number":0}],
                 "success":[{"put":{"key":"a","value":"1"}},{"put":{"key":"b","value":"2"}},{"get":{"prefix":""}}],
                 "failure":[{"get":{"key":"a"}},{"delete":{"from":"a","to":"c"}}]}""";
        JsonNode first = json(server.txn(txn, "?encoding=text"));
        assertTrue(first.get("succeeded").asBoolean());
        assertEquals(2, first.get("revision").asLong());
        assertEquals(1, first.get("results").get(0).get("put").get("version").asLong());
        assertEquals(
                "b",
                first.get("results")
                        .get(2)
                        .get("get")
                        .get("kvs")
                        .get(1)
                        .get("key")
                        .asText());
        JsonNode second = json(server.txn(txn, "?encoding=text"));
        assertFalse(second.get("succeeded").asBoolean());
        assertEquals(
                "1",
                second.get("results")
                        .get(0)
                        .get("get")
                        .get("kvs")
                        .get(0)
                        .get("value")
                        .asText());
        assertEquals(
                2, second.get("results").get(1).get("delete").get("deleted").asLong());
    }

    @Test
    void base64IsTheDefault() {
        String key = base64("k/\u0000\u00ff");
        JsonNode response = json(server.txn(
                "{\"success\":[{\"put\":{\"key\":\"" + key + "\",\"value\":\"\"}},"
                        + "{\"get\":{\"key\":\"" + key + "\"}},"
                        + "{\"get\":{\"prefix\":\"\",\"keysOnly\":true,\"limit\":1}}]}",
                ""));
        JsonNode row = response.get("results").get(1).get("get").get("kvs").get(0);
        assertEquals("k/\u0000\u00ff", unbase64(row.get("key")));
        assertEquals("", row.get("value").asText());
        assertNull(response.get("results").get(2).get("get").get("kvs").get(0).get("value"));
        JsonNode refused =
                problem(400, "invalid-request", server.txn("{\"success\":[{\"get\":{\"key\":\"a!\"}}]}", ""));
        assertTrue(refused.get("detail").asText().contains("encoding=text"));
    }

    @Test
    void everyTargetAndRelation() {
        server.put("/v1/kv/a", "m");
        assertCompare(true, "\"target\":\"createRevision\",\"op\":\"=\",\"number\":2");
        assertCompare(true, "\"target\":\"modRevision\",\"op\":\"<\",\"number\":3");
        assertCompare(false, "\"target\":\"modRevision\",\"op\":\">\",\"number\":2");
        assertCompare(true, "\"target\":\"lease\",\"op\":\"!=\",\"number\":1");
        assertCompare(true, "\"target\":\"value\",\"op\":\"=\",\"value\":\"m\"");
        assertCompare(true, "\"target\":\"value\",\"op\":\">\",\"value\":\"a\"");
        assertCompare(false, "\"target\":\"value\",\"op\":\"<\",\"value\":\"a\"");
    }

    private void assertCompare(boolean expected, String rest) {
        JsonNode response = json(server.txn("{\"compare\":[{\"key\":\"a\"," + rest + "}]}", "?encoding=text"));
        assertEquals(expected, response.get("succeeded").asBoolean(), rest);
    }

    @Test
    void aReadOnlyTransactionIsATransaction() {
        JsonNode response = json(server.txn("{}", ""));
        assertTrue(response.get("succeeded").asBoolean());
        assertEquals(1, response.get("revision").asLong());
        assertEquals(1, service.writes.get());
    }

    @Test
    void mistakesAreShownWithTheirPlace() {
        Map<String, String> mistakes = Map.ofEntries(
                Map.entry("[]", ""),
                Map.entry("1", ""),
                Map.entry("{} {}", ""),
                Map.entry("{\"compares\":[]}", "/compares"),
                Map.entry("{\"success\":{}}", "/success"),
                Map.entry("{\"success\":null}", "/success"),
                Map.entry("{\"success\":[1]}", "/success/0"),
                Map.entry("{\"success\":[{}]}", "/success/0"),
                Map.entry("{\"success\":[{\"get\":{\"key\":\"a\"}},{\"pot\":{}}]}", "/success/1/pot"),
                Map.entry("{\"success\":[{\"put\":[]}]}", "/success/0/put"),
                Map.entry("{\"success\":[{\"put\":{\"value\":\"\"}}]}", "/success/0/put"),
                Map.entry("{\"success\":[{\"put\":{\"key\":\"a\"}}]}", "/success/0/put"),
                Map.entry("{\"success\":[{\"put\":{\"key\":\"\",\"value\":\"\"}}]}", "/success/0/put/key"),
                Map.entry("{\"success\":[{\"put\":{\"key\":7,\"value\":\"\"}}]}", "/success/0/put/key"),
                Map.entry("{\"success\":[{\"put\":{\"key\":\"\\ud800\",\"value\":\"\"}}]}", "/success/0/put/key"),
                Map.entry(
                        "{\"success\":[{\"put\":{\"key\":\"a\",\"value\":\"\",\"lease\":1}}]}", "/success/0/put/lease"),
                Map.entry("{\"success\":[{\"put\":{\"key\":\"a\",\"value\":{}}}]}", "/success/0/put/value"),
                Map.entry("{\"failure\":[{\"get\":{\"key\":\"a\",\"limit\":1001}}]}", "/failure/0/get/limit"),
                Map.entry("{\"failure\":[{\"get\":{\"key\":\"a\",\"limit\":1.5}}]}", "/failure/0/get/limit"),
                Map.entry("{\"failure\":[{\"get\":{\"key\":\"a\",\"keysOnly\":\"x\"}}]}", "/failure/0/get/keysOnly"),
                Map.entry("{\"failure\":[{\"get\":{\"key\":\"a\",\"prefix\":\"a\"}}]}", "/failure/0/get"),
                Map.entry("{\"failure\":[{\"get\":{}}]}", "/failure/0/get"),
                Map.entry("{\"failure\":[{\"delete\":{\"from\":\"b\",\"to\":\"a\"}}]}", "/failure/0/delete/to"),
                Map.entry(
                        "{\"compare\":[{\"key\":\"a\",\"target\":\"x\",\"op\":\"=\",\"number\":1}]}",
                        "/compare/0/target"),
                Map.entry(
                        "{\"compare\":[{\"key\":\"a\",\"target\":\"version\",\"op\":\"==\",\"number\":1}]}",
                        "/compare/0/op"),
                Map.entry("{\"compare\":[{\"key\":\"a\",\"target\":\"version\",\"op\":\"=\"}]}", "/compare/0"),
                Map.entry(
                        "{\"compare\":[{\"key\":\"a\",\"target\":\"version\",\"op\":\"=\",\"value\":\"1\"}]}",
                        "/compare/0/value"),
                Map.entry(
                        "{\"compare\":[{\"key\":\"a\",\"target\":\"value\",\"op\":\"=\",\"number\":1}]}",
                        "/compare/0/number"),
                Map.entry(
                        "{\"compare\":[{\"key\":\"a\",\"target\":\"version\",\"op\":\"=\",\"number\":-1}]}",
                        "/compare/0/number"),
                Map.entry(
                        "{\"compare\":[{\"key\":\"a\",\"target\":\"version\",\"op\":\"=\","
                                + "\"number\":99999999999999999999}]}",
                        "/compare/0/number"),
                Map.entry(
                        "{\"success\":[{\"put\":{\"key\":\"a\",\"value\":\"\"}},"
                                + "{\"put\":{\"key\":\"a\",\"value\":\"\"}}]}",
                        "/success/1"));
        mistakes.forEach((txn, place) -> {
            JsonNode problem = problem(400, "invalid-request", server.txn(txn, "?encoding=text"));
            assertEquals(place, problem.get("pointer").asText(), txn + ": " + problem);
        });
        for (String broken : new String[] {
            "",
            "{",
            "{\"success\":[",
            "nonsense",
            "{\"success\":[],\"success\":[]}",
            "{\"success\":[{\"get\":{\"key\":\"a\",\"key\":\"b\"}}]}",
            "{'a':1}",
            "[".repeat(5000),
            "{\"a\":\"\u0001\"}",
            "{\"compare\":[{\"number\":" + "9".repeat(5000) + "}]}"
        }) {
            problem(400, "invalid-request", server.txn(broken, ""));
        }
        assertEquals(0, service.writes.get());
    }

    @Test
    void boundsOnOneTransaction() {
        String get = "{\"get\":{\"key\":\"a\"}}";
        assertEquals(
                200,
                server.txn("{\"success\":[" + (get + ",").repeat(127) + get + "]}", "?encoding=text")
                        .statusCode());
        problem(
                400,
                "invalid-request",
                server.txn("{\"success\":[" + (get + ",").repeat(128) + get + "]}", "?encoding=text"));
        String value = "x".repeat(1536 << 10);
        String put = "{\"put\":{\"key\":\"%s\",\"value\":\"%s\"}}";
        assertEquals(
                200,
                server.txn("{\"success\":[" + put.formatted("a", value) + "]}", "?encoding=text")
                        .statusCode());
        problem(
                413,
                "too-large",
                server.txn("{\"success\":[" + put.formatted("a", value + "x") + "]}", "?encoding=text"));
        String two = "{\"success\":[" + put.formatted("a", value) + "," + put.formatted("b", value) + "]}";
        problem(413, "too-large", server.txn(two, "?encoding=text"));
        problem(413, "too-large", server.txn(" ".repeat(5 << 20), ""));
    }

    @Test
    void mediaTypesAndReplays() {
        byte[] txn = "{\"success\":[{\"put\":{\"key\":\"YQ==\",\"value\":\"YQ==\"}}]}".getBytes(StandardCharsets.UTF_8);
        problem(415, "unsupported-media-type", server.send("POST", "/v1/txn", txn, "content-type", "text/plain"));
        problem(
                406,
                "not-acceptable",
                server.send("POST", "/v1/txn", txn, "content-type", "application/json", "accept", "text/plain"));
        var once = server.send(
                "POST", "/v1/txn", txn, "content-type", "Application/JSON; charset=utf-8", "Idempotency-Key", "t");
        var again = server.send("POST", "/v1/txn", txn, "content-type", "application/json", "Idempotency-Key", "t");
        assertEquals(json(once), json(again));
        assertEquals("true", header(again, "raftgres-replayed"));
        assertEquals("2", header(again, "raftgres-revision"));
    }
}
