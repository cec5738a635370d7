package io.raftgres.raft;

/** One step of a membership change; single-server changes only (thesis, section 4.1). */
public sealed interface MembershipChange {
    /** Adds a new identity as a learner. */
    record AddLearner(Member member) implements MembershipChange {}

    /** Makes the learner a voter; refused while it lags. */
    record Promote(long id) implements MembershipChange {}

    /** Removes the member; it never returns under this identity. */
    record Remove(long id) implements MembershipChange {}

    /** Changes the name or the addresses of a member; its id and its vote stay. */
    record Update(long id, String name, String peerAddress, String clientAddress) implements MembershipChange {}
}
