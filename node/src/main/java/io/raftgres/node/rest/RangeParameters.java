package io.raftgres.node.rest;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;

/** The range that query parameters name: key=, prefix=, or from= and to=. */
final class RangeParameters {
    private RangeParameters() {}

    /** @return null when the query names no range */
    static KeyRange of(Query query, RestOptions options) {
        int kinds = (query.has("key") ? 1 : 0)
                + (query.has("prefix") ? 1 : 0)
                + (query.has("from") || query.has("to") ? 1 : 0);
        if (kinds > 1) {
            throw Problem.invalid("name the range in one way: by key, by prefix, or by from and to");
        }
        if (query.has("key")) {
            Key key = bound(query, "key", options.maxKeyBytes());
            if (key.length() == 0) {
                throw Problem.invalid("query parameter 'key' is empty");
            }
            return KeyRange.single(key);
        }
        if (query.has("prefix")) {
            return KeyRange.prefix(bound(query, "prefix", options.maxKeyBytes()));
        }
        return kinds == 0 ? null : between(query, options);
    }

    private static KeyRange between(Query query, RestOptions options) {
        // The smallest key above the longest one is a byte longer than it.
        int maxBytes = options.maxKeyBytes() + 1;
        Key from = query.has("from") ? bound(query, "from", maxBytes) : Key.FIRST;
        Key to = query.has("to") ? bound(query, "to", maxBytes) : null;
        if (to != null && from.compareTo(to) >= 0) {
            throw Problem.invalid("query parameter 'from' must be below 'to'");
        }
        return new KeyRange(from, to);
    }

    private static Key bound(Query query, String name, int maxBytes) {
        byte[] bytes = query.bytes(name);
        if (bytes.length > maxBytes) {
            throw Problem.tooLarge("query parameter '" + name + "'", maxBytes);
        }
        return Key.of(bytes);
    }
}
