package io.raftgres.client;

/** Which writes a read sees. */
public enum Consistency {
    /** Every write acknowledged before the read began, on any node. */
    LINEARIZABLE,
    /** The answering node's own state, which may be behind. */
    LOCAL
}
