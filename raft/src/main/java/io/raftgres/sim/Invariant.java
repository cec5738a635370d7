package io.raftgres.sim;

/** What a simulation checks. The first five are those of the Raft paper, figure 3. */
enum Invariant {
    /**
     * At most one leader is elected in a term, by a majority whose votes are on disk; a member votes once in a term.
     */
    ELECTION_SAFETY,
    /** A leader never overwrites or deletes entries of its log. */
    LEADER_APPEND_ONLY,
    /** Logs that hold an entry with one index and term are the same up to there. */
    LOG_MATCHING,
    /** What is committed is in the log of every later leader, and of everyone who could be elected. */
    LEADER_COMPLETENESS,
    /** All members apply the same entries in the same order, each once. */
    STATE_MACHINE_SAFETY,
    /** What was promised is on disk: acknowledgements, votes, and a committed entry at a majority of the voters. */
    DURABILITY,
    /** A commit index never goes back. */
    COMMIT_MONOTONIC,
    /** Memberships change one server at a time, each committed before the next (thesis, section 4.1). */
    MEMBERSHIP,
    /** What an acknowledgement told the client is in the replicated log. */
    ACKNOWLEDGED_WRITE,
    /** What the clients saw is linearizable. */
    LINEARIZABILITY,
    /** The core stopped because one of its own checks failed. */
    CORE_ASSERTION,
    /** A leader that hands over goes to a log equal to its own, and goes on when it is not relieved in time. */
    TRANSFER,
    /** A leader that a connected majority hears stays the leader, whatever the others do. */
    STABILITY,
    /**
     * A connected majority elects a leader and commits, whatever the others do; and once the faults end, all members
     * that are there have the same state.
     */
    LIVENESS
}
