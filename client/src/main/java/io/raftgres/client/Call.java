package io.raftgres.client;

import java.util.Map;

/**
 * One operation as HTTP.
 *
 * @param path path and query, encoded
 * @param body null for none
 */
record Call(String method, String path, byte[] body, Map<String, String> headers, Kind kind) {

    /** What may be done when an attempt has no answer. */
    enum Kind {
        /** Changes nothing: repeated at will. A 404 is an answer. */
        READ,
        /** Carries an idempotency key, under which the cluster applies it once: repeated. A 404 or 412 is an answer. */
        WRITE,
        /** A change of the cluster itself, without a key: repeated only when it was certainly not done. */
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

    /** @return whether it changes something, so that an attempt without an answer may have been done */
    boolean changes() {
        return kind != Kind.READ;
    }

    /** @return whether an answer of this status is a result, not a refusal */
    boolean isResult(int status) {
        return status < 300 || kind != Kind.ADMIN && (status == 404 || status == 412);
    }

    /** @return whether it may be sent again when an attempt may have been done */
    boolean repeatable() {
        return kind != Kind.ADMIN;
    }
}
