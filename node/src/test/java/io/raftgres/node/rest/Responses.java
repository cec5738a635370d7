package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Reads responses for tests. */
final class Responses {
    private Responses() {}

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse(null);
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    static JsonNode json(HttpResponse<byte[]> response) {
        assertEquals(200, response.statusCode(), () -> text(response));
        return json(text(response));
    }

    static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + text, e);
        }
    }

    /** @return the problem, once it is known to be one of this status and type */
    static JsonNode problem(int status, String type, HttpResponse<byte[]> response) {
        assertEquals(status, response.statusCode(), () -> text(response));
        assertEquals("application/problem+json", header(response, "content-type"));
        JsonNode problem = json(text(response));
        assertEquals("/problems/" + type, problem.get("type").asText());
        assertEquals(status, problem.get("status").asInt());
        for (String name : new String[] {"title", "detail", "instance"}) {
            assertEquals(true, problem.get(name).isTextual(), name);
        }
        return problem;
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static String unbase64(JsonNode node) {
        return new String(Base64.getDecoder().decode(node.asText()), StandardCharsets.UTF_8);
    }
}
