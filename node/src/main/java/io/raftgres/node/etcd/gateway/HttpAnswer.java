package io.raftgres.node.etcd.gateway;

import java.nio.charset.StandardCharsets;

/**
 * An answer that is whole in memory.
 *
 * @param allow value of the header Allow; null: without
 */
public record HttpAnswer(int status, String contentType, byte[] body, String allow) {

    public static final String JSON = "application/json";
    public static final String TEXT = "text/plain; charset=utf-8";

    public static HttpAnswer of(int status, String contentType, String body) {
        return new HttpAnswer(status, contentType, body.getBytes(StandardCharsets.UTF_8), null);
    }

    /** As Go's http.Error has it. */
    public static HttpAnswer error(int status, String text) {
        return of(status, TEXT, text + "\n");
    }

    static HttpAnswer methodNotAllowed(String allowed) {
        HttpAnswer answer = error(405, "Method Not Allowed");
        return new HttpAnswer(answer.status(), answer.contentType(), answer.body(), allowed);
    }
}
