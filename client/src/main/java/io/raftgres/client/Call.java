package io.raftgres.client;

import java.util.Map;

/**
 * One operation as an HTTP request.
 *
 * @param path path and query, encoded
 * @param body null for none
 */
record Call(String method, String path, byte[] body, Map<String, String> headers, Kind kind) {

    /** Whether a call may be repeated when an attempt got no response. */
    enum Kind {
        /** Changes nothing, so it may always be repeated. A 404 is a result. */
        READ,
        /**
         * May be repeated: it carries an idempotency key, and the cluster applies a key once. A 404 or 412 is a result.
         */
        WRITE,
        /** A change of the cluster itself, without a key: it is repeated only when it was certainly not done. */
        ADMIN
    }

    static Call read(String path) {
        return read(path, Map.of());
    }

    static Call read(String path, Map<String, String> headers) {
        return new Call("GET", path, null, headers, Kind.READ);
    }

    /** @param json null for no body */
    static Call admin(String method, String path, byte[] json) {
        return new Call(
                method, path, json, json == null ? Map.of() : Map.of("Content-Type", "application/json"), Kind.ADMIN);
    }

    /** @return whether it changes data, so that an attempt without a response may have been done */
    boolean changes() {
        return kind != Kind.READ;
    }

    /** @return whether a response with this status is a result, not a refusal */
    boolean isResult(int status) {
        return status < 300 || kind != Kind.ADMIN && (status == 404 || status == 412);
    }

    /** @return whether it may be sent again when an attempt may have been done */
    boolean repeatable() {
        return kind != Kind.ADMIN;
    }
}
