package io.raftgres.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** The error body of an answer (RFC 9457), or what can be said in its place. */
record Problem(int status, String detail) {

    static Problem parse(ObjectMapper json, int status, byte[] body) {
        try {
            JsonNode node = json.readTree(body);
            if (node != null && node.isObject()) {
                String detail = node.path("detail").asText("");
                String text = detail.isEmpty() ? node.path("title").asText("") : detail;
                if (!text.isEmpty()) {
                    return new Problem(status, text);
                }
            }
        } catch (IOException e) {
            // Not JSON: a proxy, or another program on that port. The status has to do.
        }
        return new Problem(status, "HTTP status " + status);
    }
}
