package io.raftgres.raft;

/** One step of a membership change; single-server changes only (thesis, section 4.1). */
public sealed interface MembershipChange {
    /** @param member a new identity, as a learner */
    record AddLearner(Member member) implements MembershipChange {}

    /** The learner becomes a voter; refused while it lags. */
    record Promote(long id) implements MembershipChange {}

    /** The member leaves and never returns under this identity. */
    record Remove(long id) implements MembershipChange {}

    /** New addresses for a member; id, name and voter stay. */
    record UpdateAddresses(long id, String peerAddress, String clientAddress) implements MembershipChange {}
}
