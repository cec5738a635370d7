package io.raftgres.node;

/** Why one life of a node's inner parts ends. All but the first are followed by another. */
public sealed interface StopReason {

    /** The process must not go on: its disk or an invariant failed. */
    record Failed(Throwable cause) implements StopReason {}

    /** What PostgreSQL holds is lost or not to be trusted: the others give the state again. @param reason a sentence */
    record Rebuild(String reason) implements StopReason {}

    /** A snapshot is there, whole: to be installed with nothing running on the old state. */
    record SnapshotArrived() implements StopReason {}

    /** The log is lost or not to be trusted: the member comes back as somebody new. @param reason a sentence */
    record Replace(String reason) implements StopReason {}

    /** The cluster has removed this member. @param reason a sentence */
    record Removed(String reason) implements StopReason {}
}
