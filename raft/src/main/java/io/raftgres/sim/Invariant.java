package io.raftgres.sim;

/** An invariant that a simulation checks. The first five are those of the Raft paper, figure 3. */
enum Invariant {
    /**
     * At most one leader is elected in a term, by a majority whose votes are on disk; a member votes once in a term.
     */
    ELECTION_SAFETY,
    /** A leader never overwrites or deletes entries of its log. */
    LEADER_APPEND_ONLY,
    /** Logs that hold an entry with one index and term are the same up to there. */
    LOG_MATCHING,
    /** Committed entries are in the log of every later leader, and of every member that could be elected. */
    LEADER_COMPLETENESS,
    /** All members apply the same entries in the same order, each once. */
    STATE_MACHINE_SAFETY,
    /** Promised state is on disk: acknowledgements, votes, and a committed entry at a majority of the voters. */
    DURABILITY,
    /** A commit index never decreases. */
    COMMIT_MONOTONIC,
    /** Memberships change one server at a time, each committed before the next (thesis, section 4.1). */
    MEMBERSHIP,
    /** The replicated log agrees with every acknowledgement to a client. */
    ACKNOWLEDGED_WRITE,
    /** The clients' history is linearizable. */
    LINEARIZABILITY,
    /** The core stopped because one of its own checks failed. */
    CORE_ASSERTION,
    /** A leader transfers leadership only to a member with an equal log, and continues when the transfer fails. */
    TRANSFER,
    /** A leader that a connected majority hears stays the leader, whatever the other members do. */
    STABILITY,
    /**
     * A connected majority elects a leader and commits, whatever the other members do. Once the faults end, all
     * remaining members reach the same state.
     */
    LIVENESS
}
