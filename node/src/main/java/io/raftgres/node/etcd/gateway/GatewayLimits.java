package io.raftgres.node.etcd.gateway;

import java.time.Duration;

/**
 * Limits of one connection, and of all connections together.
 *
 * @param messageBytes longest message, in protobuf's encoding
 * @param idle a connection without a request in flight is closed after this time; so is one whose request head takes
 *     longer
 * @param body time limit for the rest of a request
 * @param stalled a client that takes no byte of its response for this time is disconnected
 */
public record GatewayLimits(int messageBytes, Duration idle, Duration body, Duration stalled) {

    static final int MAX_LINE_BYTES = 8 << 10;
    static final int MAX_HEADERS_BYTES = 16 << 10;

    /** Bytes of JSON in addition to the base64 of a message. */
    private static final int JSON_BYTES = 64 << 10;

    public static GatewayLimits of(int messageBytes) {
        return new GatewayLimits(messageBytes, Duration.ofSeconds(75), Duration.ofSeconds(30), Duration.ofSeconds(60));
    }

    /** @return longest body: base64 has four characters for three bytes */
    int bodyBytes() {
        return Math.addExact(messageBytes / 3 * 4, JSON_BYTES);
    }
}
