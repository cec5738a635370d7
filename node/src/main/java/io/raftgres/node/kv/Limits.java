package io.raftgres.node.kv;

/**
 * Bounds on what may be asked, the same on every member and in every configuration; docs/limits.md has all of them.
 * {@link Acceptance} holds requests to them before they go into the log, unless it says otherwise here.
 */
public final class Limits {
    private Limits() {}

    /** The longest key that {@code raftgres.max-key-bytes} may allow. */
    public static final int MAX_KEY_BYTES = 64 << 10;

    /** The longest value that {@code raftgres.max-value-bytes} may allow. */
    public static final int MAX_VALUE_BYTES = 16 << 20;

    /** A request as it goes into the log: with its entry it fits into a frame between members, and into a segment. */
    public static final int MAX_REQUEST_BYTES = 20 << 20;

    /** Compares, and operations of a branch, in one transaction (etcd's number). */
    public static final int MAX_TXN_OPS = 128;

    /** Transactions within each other. */
    public static final int MAX_TXN_DEPTH = 128;

    /** Compares and operations of a transaction and of all within it, together: the apply thread looks at each. */
    public static final int MAX_TXN_ALL_OPS = 4_096;

    /** Reads and compares of ranges in a request that writes: each looks at up to {@link #MAX_TXN_ROWS} rows. */
    public static final int MAX_TXN_RANGES = 32;

    /** Rows that a read or a compare inside a transaction looks at, at most; found when it is applied. */
    public static final int MAX_TXN_ROWS = 100_000;

    /** Bytes of the rows that one compare of the values of a range looks at; found when it is applied. */
    public static final long MAX_COMPARED_BYTES = 32L << 20;

    /** Leases at a time: each member has all of them in memory. Found when one is granted. */
    public static final int MAX_LEASES = 1_000_000;

    /** Longest time to live of a lease, in seconds (etcd's): 285 years, which nanoseconds can count. */
    public static final long MAX_TTL_SECONDS = 9_000_000_000L;

    /** Leases that one request ends. */
    public static final int MAX_REVOKED_LEASES = 1_000;

    /** Users and roles together. Found when one is added. */
    public static final int MAX_USERS_AND_ROLES = 100_000;

    /** Name of a user or a role, in UTF-8. */
    public static final int MAX_NAME_BYTES = 1_024;

    /** Password of a user, in UTF-8, or a hash of it that the client has made. */
    public static final int MAX_PASSWORD_BYTES = 1_024;

    public static final int MAX_ROLES_OF_USER = 1_000;

    public static final int MAX_PERMISSIONS_OF_ROLE = 1_000;

    /** All users and roles, with what they are granted: in memory, and one of them is a row, and part of a snapshot. */
    public static final long MAX_AUTH_BYTES = 16L << 20;

    /** Keys that one request may delete by ranges: each member has them in memory. Found when it is applied. */
    public static final int MAX_DELETED_KEYS = 100_000;

    /** Bytes of the keys that one range in a transaction may list, and one request delete; for the same reason. */
    public static final long MAX_RANGE_KEY_BYTES = 32L << 20;

    /** Bytes of the values that one transaction replaces: they are in memory until PostgreSQL has them as history. */
    public static final long MAX_REPLACED_BYTES = 16L << 20;

    /**
     * Bytes that a write's answer may have, by {@link #answerBytes(Row)} and as much for each operation as for an empty
     * row; a single row may be larger. A frame between members carries it, and so does a message of gRPC as most
     * clients are set. Found when it is applied.
     */
    public static final long MAX_ANSWER_BYTES = 4L << 20;

    /** Members that do not vote; of those that do there are nine ({@code Membership.MAX_VOTERS}). */
    public static final int MAX_LEARNERS = 32;

    /** Members that are or ever were: who was removed is remembered for ever, in each entry about members. */
    public static final int MAX_IDENTITIES = 100_000;

    /** What a row or an operation takes in an answer besides keys and values, in any encoding but JSON. */
    private static final int ANSWER_OVERHEAD_BYTES = 64;

    /** @return bytes that the row takes in an answer, at most */
    public static long answerBytes(Row row) {
        return (row == null ? 0 : (long) row.key().length() + row.value().length) + ANSWER_OVERHEAD_BYTES;
    }
}
