package io.raftgres.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * The error body of a response (RFC 9457), or its replacement when the body cannot be read.
 *
 * @param type such as {@code /problems/unavailable}; empty when the response is not from a node
 */
record Problem(int status, String type, String detail) {

    static final String MEMBER_NOT_FOUND = "/problems/member-not-found";

    static Problem parse(ObjectMapper json, int status, byte[] body) {
        try {
            JsonNode node = json.readTree(body);
            if (node != null && node.isObject()) {
                String detail = node.path("detail").asText("");
                String text = detail.isEmpty() ? node.path("title").asText("") : detail;
                if (!text.isEmpty()) {
                    return new Problem(status, node.path("type").asText(""), text);
                }
            }
        } catch (IOException e) {
            // Not JSON: a proxy or another program sent it. Only the status is used.
        }
        return new Problem(status, "", "HTTP status " + status);
    }
}
