package io.raftgres.node.kv;

/** Bounds on what a request may ask, the same on every member. */
public final class Limits {
    private Limits() {}

    /** Compares, and operations of a branch, in one transaction (etcd's number). */
    public static final int MAX_TXN_OPS = 128;

    /** Rows that a read or a compare inside a transaction looks at, at most: all of them are held in memory. */
    public static final int MAX_TXN_ROWS = 100_000;

    /** Leases at a time: each member has all of them in memory. */
    public static final int MAX_LEASES = 1_000_000;

    /** Users and roles together. */
    public static final int MAX_USERS_AND_ROLES = 100_000;

    /** Keys that one range delete may delete: it is one transaction, held in memory on every member. */
    public static final int MAX_DELETED_KEYS = 100_000;
}
