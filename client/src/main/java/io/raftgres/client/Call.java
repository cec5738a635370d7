package io.raftgres.client;

import java.util.Map;

/**
 * One operation as HTTP.
 *
 * @param path path and query, encoded
 * @param body null for none
 * @param write it changes something; it then carries an idempotency key, so that attempts can be repeated
 */
record Call(String method, String path, byte[] body, Map<String, String> headers, boolean write) {

    static Call read(String path) {
        return new Call("GET", path, null, Map.of(), false);
    }

    static Call read(String path, Map<String, String> headers) {
        return new Call("GET", path, null, headers, false);
    }
}
