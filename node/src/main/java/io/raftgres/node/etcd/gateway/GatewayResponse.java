package io.raftgres.node.etcd.gateway;

import java.nio.charset.StandardCharsets;

/**
 * A complete response in memory.
 *
 * @param allow value of the header Allow; null: no such header
 */
public record GatewayResponse(int status, String contentType, byte[] body, String allow) {

    public static final String JSON = "application/json";
    public static final String TEXT = "text/plain; charset=utf-8";

    public static GatewayResponse of(int status, String contentType, String body) {
        return new GatewayResponse(status, contentType, body.getBytes(StandardCharsets.UTF_8), null);
    }

    /** Plain text, as Go's http.Error writes it. */
    public static GatewayResponse error(int status, String text) {
        return of(status, TEXT, text + "\n");
    }

    public static GatewayResponse methodNotAllowed(String allowed) {
        GatewayResponse response = error(405, "Method Not Allowed");
        return new GatewayResponse(response.status(), response.contentType(), response.body(), allowed);
    }
}
