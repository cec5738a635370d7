package io.raftgres.node.kv;

/**
 * Bounds of requests, the same on every member and in every configuration; docs/limits.md lists them all.
 * {@link Acceptance} enforces them before a request goes into the log, unless a comment here says otherwise.
 */
public final class Limits {
    private Limits() {}

    /** The longest key that {@code raftgres.max-key-bytes} may allow. */
    public static final int MAX_KEY_BYTES = 64 << 10;

    /** The longest value that {@code raftgres.max-value-bytes} may allow. */
    public static final int MAX_VALUE_BYTES = 16 << 20;

    /** An encoded request: with its entry it fits into a frame between members, and into a segment. */
    public static final int MAX_REQUEST_BYTES = 20 << 20;

    /** Compares, and operations of a branch, in one transaction (as in etcd). */
    public static final int MAX_TXN_OPS = 128;

    /** Depth of nested transactions. */
    public static final int MAX_TXN_DEPTH = 128;

    /** Compares and operations of a transaction and all nested ones together: the apply thread visits each. */
    public static final int MAX_TXN_ALL_OPS = 4_096;

    /** Reads and compares of ranges in a request that writes: each reads up to {@link #MAX_TXN_ROWS} rows. */
    public static final int MAX_TXN_RANGES = 32;

    /** Rows for one read or compare in a transaction; checked when it is applied. */
    public static final int MAX_TXN_ROWS = 100_000;

    /** Bytes of rows for one compare of the values of a range; checked when it is applied. */
    public static final long MAX_COMPARED_BYTES = 32L << 20;

    /** Existing leases: each member has all of them in memory. Checked when one is granted. */
    public static final int MAX_LEASES = 1_000_000;

    /** Longest TTL of a lease, in seconds (as in etcd): 285 years, which nanoseconds can count. */
    public static final long MAX_TTL_SECONDS = 9_000_000_000L;

    /** Leases that one request revokes. */
    public static final int MAX_REVOKED_LEASES = 1_000;

    /** Users and roles together. Checked when one is added. */
    public static final int MAX_USERS_AND_ROLES = 100_000;

    /** Name of a user or a role, in UTF-8. */
    public static final int MAX_NAME_BYTES = 1_024;

    /** Password of a user, in UTF-8, or its hash made by the client. */
    public static final int MAX_PASSWORD_BYTES = 1_024;

    public static final int MAX_ROLES_OF_USER = 1_000;

    public static final int MAX_PERMISSIONS_OF_ROLE = 1_000;

    /** All users and roles with their grants: they are in memory, and each is a row and part of a snapshot. */
    public static final long MAX_AUTH_BYTES = 16L << 20;

    /** Keys that one request may delete by ranges: each member has them in memory. Checked when it is applied. */
    public static final int MAX_DELETED_KEYS = 100_000;

    /** Bytes of the keys that one range in a transaction may list, and one request delete; for the same reason. */
    public static final long MAX_RANGE_KEY_BYTES = 32L << 20;

    /** Bytes of the values that one transaction replaces: they are in memory until PostgreSQL has them as history. */
    public static final long MAX_REPLACED_BYTES = 16L << 20;

    /**
     * Bytes of a write's response, by {@link #responseBytes(Row)}, where each operation counts as an empty row. A
     * single row may be larger. The response fits into a frame between members, and into a gRPC message of most
     * clients. Checked when it is applied.
     */
    public static final long MAX_RESPONSE_BYTES = 4L << 20;

    /** Learners; the limit of voters is nine ({@code Membership.MAX_VOTERS}). */
    public static final int MAX_LEARNERS = 32;

    /** Current and former members: removed identities are kept permanently, in each membership entry. */
    public static final int MAX_IDENTITIES = 100_000;

    /** Bytes of a row or an operation in a response besides keys and values, in any encoding but JSON. */
    private static final int RESPONSE_OVERHEAD_BYTES = 64;

    /** @return upper bound of the row's bytes in a response */
    public static long responseBytes(Row row) {
        return (row == null ? 0 : (long) row.key().length() + row.value().length) + RESPONSE_OVERHEAD_BYTES;
    }
}
