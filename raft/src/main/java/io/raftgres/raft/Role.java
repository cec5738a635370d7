package io.raftgres.raft;

/** What a member is at the moment (paper, figure 4; thesis, figures 4.1 and 9.6). */
public enum Role {
    /** Receives the log but has no vote. */
    LEARNER,
    /** Follows the leader, votes. */
    FOLLOWER,
    /** Asks whether it would be elected, without disturbing anyone. */
    PRE_CANDIDATE,
    /** Asks for votes in a term of its own. */
    CANDIDATE,
    /** Orders the writes. */
    LEADER
}
