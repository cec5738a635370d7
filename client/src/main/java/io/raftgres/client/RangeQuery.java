package io.raftgres.client;

/**
 * A query for the keys from {@code from} (inclusive) to {@code to} (exclusive), or for all keys with a {@code prefix}.
 *
 * @param prefix null when {@code from} and {@code to} are given
 * @param from null: from the first key
 * @param to null: to the last key
 * @param limit maximal number of rows, 0 for all
 * @param revision state to read, 0 for the current one
 * @param keysOnly whether to leave out the values
 */
public record RangeQuery(
        byte[] prefix, byte[] from, byte[] to, long limit, long revision, boolean keysOnly, Consistency consistency) {

    public RangeQuery {
        if (prefix != null && (from != null || to != null)) {
            throw new IllegalArgumentException("give either a prefix or a range, not both");
        }
        if (limit < 0 || revision < 0) {
            throw new IllegalArgumentException("limit and revision must not be negative");
        }
    }

    public static RangeQuery everything() {
        return between(null, null);
    }

    public static RangeQuery prefix(byte[] prefix) {
        return new RangeQuery(prefix, null, null, 0, 0, false, Consistency.LINEARIZABLE);
    }

    public static RangeQuery between(byte[] from, byte[] to) {
        return new RangeQuery(null, from, to, 0, 0, false, Consistency.LINEARIZABLE);
    }

    public RangeQuery limit(long rows) {
        return new RangeQuery(prefix, from, to, rows, revision, keysOnly, consistency);
    }

    public RangeQuery atRevision(long wanted) {
        return new RangeQuery(prefix, from, to, limit, wanted, keysOnly, consistency);
    }

    public RangeQuery withKeysOnly() {
        return new RangeQuery(prefix, from, to, limit, revision, true, consistency);
    }

    public RangeQuery consistency(Consistency wanted) {
        return new RangeQuery(prefix, from, to, limit, revision, keysOnly, wanted);
    }
}
