package io.raftgres.sim;

/** Ways to break the environment of the core on purpose, to prove that the checks notice. */
enum Sabotage {
    /** Messages are sent before the append that they promise is on disk. */
    PROMISE_BEFORE_SYNC,
    /** A restarted member knows its term but not its vote. */
    FORGET_VOTE,
    /** A restarted member knows neither its term nor its vote. */
    LOSE_HARD_STATE,
    /** A crash loses the end of the log, synced or not. */
    LOSE_SYNCED_ENTRIES,
    /** After a restart the state machine starts a few entries too early. */
    APPLY_TWICE,
    /** A retried request is not recognised. */
    FORGET_TOKENS,
    /** Any member answers reads from its own state, without a read index. */
    LOCAL_READS,
    /** A read is answered as soon as its index is known, before the state machine reaches it. */
    READ_BEFORE_APPLIED,
    /** Writes are acknowledged when the leader has appended them. */
    ANSWER_BEFORE_COMMIT,
    /** A sync is reported for every append whose last index it reached, despite a truncation in between. */
    REPORT_ACROSS_TRUNCATION,
    /** An append that replaces the end of the log leaves the old end in place. */
    KEEP_OLD_SUFFIX,
    /** A snapshot lacks the latest transactions below its index. */
    SNAPSHOT_LOSES_END,
    /**
     * A member that installs a snapshot forgets its vote and its term, and takes the term of the snapshot's last entry.
     */
    SNAPSHOT_FORGETS_VOTE,
    /** A member that installs a snapshot of a later term stays in its own term. */
    SNAPSHOT_KEEPS_TERM,
    /** A member that installs a snapshot keeps its log, although the log ends below the snapshot's index. */
    SNAPSHOT_KEEPS_LOG,
    /** A member that installs a snapshot keeps the membership that its log began with. */
    SNAPSHOT_WITHOUT_MEMBERSHIP,
    /** The log is cut up to the applied index, although the store has not flushed that far. */
    CUT_ABOVE_FLUSHED,
    /** A member that lost its log returns with an empty one under its old identity. */
    RETURN_WITHOUT_LOG,
    /** A node connects only to the members of its own membership, and responds to no other node. */
    NO_RESPONSE_TO_STRANGERS,
    /** A member that vouched for another member's log forgets that log at a restart. */
    FORGET_LOGS
}
