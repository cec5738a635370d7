package io.raftgres.node.rest;

import static io.raftgres.node.rest.Responses.header;
import static io.raftgres.node.rest.Responses.json;
import static io.raftgres.node.rest.Responses.problem;
import static io.raftgres.node.rest.Responses.text;
import static io.raftgres.node.rest.Responses.unbase64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.node.kv.ServiceException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ranges over REST: rows, formats, pages, and deletes. */
class RangeRoutesTest {

    private final MemoryKvService service = new MemoryKvService();
    private final RestServer server = new RestServer(service, RestServer.QUICK, RequestMeter.NONE);

    @BeforeEach
    void fill() {
        for (String key : List.of("a", "b/1", "b/2", "b/3", "c", "%FF%00")) {
            assertEquals(201, server.put("/v1/kv/" + key, "value of " + key).statusCode());
        }
    }

    @AfterEach
    void close() {
        server.assertIdle();
        server.close();
        service.close();
    }

    private static List<String> keys(JsonNode body) {
        List<String> keys = new ArrayList<>();
        body.get("kvs").forEach(row -> keys.add(unbase64(row.get("key"))));
        return keys;
    }

    @Test
    void rangesByPrefixAndBounds() {
        JsonNode all = json(server.get("/v1/kv"));
        assertEquals(6, all.get("kvs").size());
        assertEquals(7, all.get("revision").asLong());
        assertFalse(all.get("more").asBoolean());
        assertNull(all.get("next"));
        JsonNode first = all.get("kvs").get(0);
        assertEquals("a", unbase64(first.get("key")));
        assertEquals("value of a", unbase64(first.get("value")));
        assertEquals(2, first.get("createRevision").asLong());
        assertEquals(2, first.get("modRevision").asLong());
        assertEquals(1, first.get("version").asLong());

        assertEquals(List.of("b/1", "b/2", "b/3"), keys(json(server.get("/v1/kv?prefix=b/"))));
        assertEquals(List.of("b/1", "b/2", "b/3"), keys(json(server.get("/v1/kv?prefix=%62%2f"))));
        assertEquals(List.of("b/2", "b/3"), keys(json(server.get("/v1/kv?from=b/2&to=c"))));
        assertEquals(List.of("a", "b/1"), keys(json(server.get("/v1/kv?to=b/2"))));
        assertEquals(2, json(server.get("/v1/kv?from=c")).get("kvs").size());
        assertEquals(1, json(server.get("/v1/kv?prefix=%FF")).get("kvs").size());
        assertEquals(0, json(server.get("/v1/kv?prefix=b%2B")).get("kvs").size());
        assertEquals(List.of("a"), keys(json(server.get("/v1/kv?prefix=&limit=1&revision=2"))));
        JsonNode keysOnly = json(server.get("/v1/kv?prefix=b&keysOnly=true"));
        keysOnly.get("kvs").forEach(row -> assertNull(row.get("value")));
    }

    @Test
    void aPlusIsAPlus() {
        server.put("/v1/kv/x+y", "1");
        assertEquals(List.of("x+y"), keys(json(server.get("/v1/kv?prefix=x+"))));
    }

    @Test
    void pagesPinTheRevision() {
        List<String> keys = new ArrayList<>();
        JsonNode page = json(server.get("/v1/kv?prefix=b/&limit=2&keysOnly=true"));
        keys.addAll(keys(page));
        assertTrue(page.get("more").asBoolean());
        server.put("/v1/kv/b/25", "too late");
        JsonNode rest =
                json(server.get("/v1/kv?limit=2&continue=" + page.get("next").asText()));
        keys.addAll(keys(rest));
        assertEquals(List.of("b/1", "b/2", "b/3"), keys);
        assertEquals(7, rest.get("revision").asLong());
        assertNull(rest.get("kvs").get(0).get("value"));
        assertFalse(rest.get("more").asBoolean());
    }

    @Test
    void aChangedTokenIsRefused() {
        String token = json(server.get("/v1/kv?prefix=b/&limit=1")).get("next").asText();
        for (int i = 0; i < token.length(); i++) {
            char other = token.charAt(i) == 'A' ? 'B' : 'A';
            String changed = token.substring(0, i) + other + token.substring(i + 1);
            problem(400, "invalid-request", server.get("/v1/kv?continue=" + changed));
        }
        for (String bad : List.of("", "A", "====", token + "A", token.substring(1), token + "=", "%00")) {
            problem(400, "invalid-request", server.get("/v1/kv?continue=" + bad));
        }
        problem(400, "invalid-request", server.get("/v1/kv?prefix=b/&continue=" + token));
    }

    @Test
    void linesOfJson() {
        HttpResponse<byte[]> response = server.get("/v1/kv?prefix=b/&limit=2", "Accept", "application/x-ndjson");
        assertEquals("application/x-ndjson", header(response, "content-type"));
        String[] lines = text(response).split("\n");
        assertEquals(3, lines.length);
        assertEquals("b/1", unbase64(json(lines[0]).get("key")));
        assertEquals("b/2", unbase64(json(lines[1]).get("key")));
        JsonNode trailer = json(lines[2]);
        assertEquals(7, trailer.get("revision").asLong());
        assertEquals(2, trailer.get("count").asLong());
        assertTrue(trailer.get("more").asBoolean());
        assertTrue(trailer.get("next").isTextual());
    }

    @Test
    void textEncoding() {
        server.put("/v1/kv/t", "\"quoted\"\n\u00e9\ud83d\ude00");
        JsonNode row =
                json(server.get("/v1/kv?prefix=t&encoding=text")).get("kvs").get(0);
        assertEquals("t", row.get("key").asText());
        assertEquals("\"quoted\"\n\u00e9\ud83d\ude00", row.get("value").asText());
        JsonNode bytes =
                json(server.get("/v1/kv?prefix=%FF&encoding=text")).get("kvs").get(0);
        assertNull(bytes.get("key"));
        assertEquals(
                Base64.getEncoder().encodeToString(new byte[] {-1, 0}),
                bytes.get("keyBase64").asText());
    }

    @Test
    void badQuestionsAreRefused() {
        for (String query : List.of(
                "key=a",
                "prefix=a&from=b",
                "from=b&to=a",
                "from=a&to=a",
                "to=",
                "limit=0",
                "limit=-1",
                "limit=x",
                "revision=0",
                "keysOnly=1",
                "encoding=hex",
                "prefix",
                "Prefix=a")) {
            problem(400, "invalid-request", server.get("/v1/kv?" + query));
        }
        problem(400, "future-revision", server.get("/v1/kv?revision=8"));
        service.compact(3);
        assertEquals(
                3,
                problem(410, "compacted", server.get("/v1/kv?revision=2"))
                        .get("compactedRevision")
                        .asLong());
        problem(406, "not-acceptable", server.get("/v1/kv", "Accept", "text/html"));
        problem(405, "method-not-allowed", server.put("/v1/kv", "x"));
        problem(413, "too-large", server.get("/v1/kv?prefix=" + "a".repeat(8193)));
        assertEquals(
                200,
                server.get("/v1/kv?from=" + "%61".repeat(8193) + "&to=" + "%62".repeat(8193))
                        .statusCode());
        service.failure = new ServiceException.Unavailable("PostgreSQL is unavailable");
        problem(503, "unavailable", server.get("/v1/kv"));
        service.failure = null;
    }

    @Test
    void deletesARange() {
        JsonNode body = json(server.delete("/v1/kv?prefix=b/"));
        assertEquals(8, body.get("revision").asLong());
        assertEquals(3, body.get("deleted").asLong());
        assertEquals(0, json(server.delete("/v1/kv?prefix=b/")).get("deleted").asLong());
        assertEquals(1, json(server.delete("/v1/kv?from=a&to=b")).get("deleted").asLong());
        HttpResponse<byte[]> once = server.delete("/v1/kv?prefix=c", "Idempotency-Key", "d");
        HttpResponse<byte[]> again = server.delete("/v1/kv?prefix=c", "Idempotency-Key", "d");
        assertEquals(text(once), text(again));
        assertEquals("true", header(again, "raftgres-replayed"));
    }

    @Test
    void nothingIsDeletedByAccident() {
        for (String query : List.of("", "?", "?all=true", "?prefix=", "?from=", "?prefix=&all=false", "?limit=1")) {
            problem(400, "invalid-request", server.delete("/v1/kv" + query));
        }
        assertEquals(6, json(server.get("/v1/kv")).get("kvs").size());
        assertEquals(
                6, json(server.delete("/v1/kv?prefix=&all=true")).get("deleted").asLong());
    }
}
