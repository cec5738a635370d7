package io.raftgres.node;

/** Why one run of the node's inner parts ends. Another run follows, except after a failure or a removal. */
public sealed interface StopReason {

    /** The process must not continue: its disk or an invariant failed. */
    record Failed(Throwable cause) implements StopReason {}

    /**
     * The state in PostgreSQL is lost or wrong: other members send it again.
     *
     * @param reason a sentence
     */
    record Rebuild(String reason) implements StopReason {}

    /** A complete snapshot has arrived: it is installed while nothing runs on the old state. */
    record SnapshotArrived() implements StopReason {}

    /**
     * The log is lost or wrong: the node joins again as a new member.
     *
     * @param reason a sentence
     */
    record Replace(String reason) implements StopReason {}

    /**
     * The cluster has removed this member.
     *
     * @param reason a sentence
     */
    record Removed(String reason) implements StopReason {}
}
