package io.raftgres.raft;

/** The current role of a member (paper, figure 4; thesis, figures 4.1 and 9.6). */
public enum Role {
    /** Receives the log but has no vote. */
    LEARNER,
    /** Follows the leader, votes. */
    FOLLOWER,
    /** Asks the voters whether they would elect it, without disturbing the cluster. */
    PRE_CANDIDATE,
    /** Asks for votes in a term of its own. */
    CANDIDATE,
    /** Accepts and orders the writes. */
    LEADER
}
