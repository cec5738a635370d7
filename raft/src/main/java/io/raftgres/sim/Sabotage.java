package io.raftgres.sim;

/** Ways to break the world around the core on purpose, to prove that the checks notice. */
enum Sabotage {
    /** Messages that promise what an append stores leave before the disk has it. */
    PROMISE_BEFORE_SYNC,
    /** A restarted member knows its term, and not whom it voted for. */
    FORGET_VOTE,
    /** A restarted member knows neither its term nor its vote. */
    LOSE_HARD_STATE,
    /** A crash loses the end of the log, synced or not. */
    LOSE_SYNCED_ENTRIES,
    /** After a restart the state machine is told to start a few entries too early. */
    APPLY_TWICE,
    /** A retried request is not recognised. */
    FORGET_TOKENS,
    /** Any member answers reads from what it has, without asking for a read index. */
    LOCAL_READS,
    /** A read is answered as soon as its index is known, not when the state machine is there. */
    READ_BEFORE_APPLIED,
    /** Writes are acknowledged when the leader has appended them. */
    ANSWER_BEFORE_COMMIT,
    /** A sync is reported for every append whose last index it reached, though a truncation came between. */
    REPORT_ACROSS_TRUNCATION,
    /** An append that replaces the end of the log leaves the old end there. */
    KEEP_OLD_SUFFIX,
    /** A snapshot lacks the latest transactions of the index that it claims. */
    SNAPSHOT_LOSES_END,
    /** Who installs a snapshot forgets its vote, and the term but for that of its last entry. */
    SNAPSHOT_FORGETS_VOTE,
    /** Who installs a snapshot of a later term stays in its own. */
    SNAPSHOT_KEEPS_TERM,
    /** Who installs a snapshot keeps its log, though it does not reach the snapshot's index. */
    SNAPSHOT_KEEPS_LOG,
    /** Who installs a snapshot keeps the membership that its log began with. */
    SNAPSHOT_WITHOUT_MEMBERSHIP,
    /** The log is cut up to what is applied, though the store has not flushed it. */
    CUT_ABOVE_FLUSHED,
    /** Who lost its log comes back with an empty one under its old identity. */
    RETURN_WITHOUT_LOG,
    /** A node has connections to the members of its own membership alone, and answers nobody else. */
    NO_ANSWER_TO_STRANGERS,
    /** Who has vouched for a log of another member does not remember it after a restart. */
    FORGET_LOGS
}
