package io.raftgres.raft;

/** One step of a membership change; single-server changes only (thesis, section 4.1). */
public sealed interface MembershipChange {
    /** @param member a new identity, as a learner */
    record AddLearner(Member member) implements MembershipChange {}

    /** The learner becomes a voter; refused while it lags. */
    record Promote(long id) implements MembershipChange {}

    /** The member leaves and never returns under this identity. */
    record Remove(long id) implements MembershipChange {}

    /** A new name or new addresses for a member; id and voter stay. */
    record Update(long id, String name, String peerAddress, String clientAddress) implements MembershipChange {}
}
