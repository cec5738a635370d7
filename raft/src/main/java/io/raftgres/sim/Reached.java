package io.raftgres.sim;

/** States that are rare, and that a simulation proves nothing about when it never gets there. */
enum Reached {
    /** A change of membership was truncated: the one before is in force again. */
    MEMBERSHIP_TRUNCATED,
    /** A member was elected whose own removal is in its log, and not committed. */
    ELECTED_WHILE_BEING_REMOVED,
    /** A leader sent a probe where its log begins to one that may not have what is below. */
    DOUBTFUL_PROBE,
    /** A snapshot was installed, and the log behind it kept. */
    TAIL_KEPT_BEHIND_SNAPSHOT,
    /** A snapshot was installed, and the log began anew. */
    LOG_RESTARTED_BEHIND_SNAPSHOT,
    /** A leader committed what was not on its own disk. */
    COMMITTED_BEFORE_OWN_DISK,
    /** An acknowledgement of others came before the report of the leader's own disk, which already had the entry. */
    ACKNOWLEDGED_BEFORE_OWN_REPORT,
    /** Several syncs were reported by one report. */
    REPORTS_COALESCED,
    /** Ticks came in a burst. */
    TICKS_IN_A_BURST,
    MESSAGE_LATE_BY_SECONDS,
    /** A leader refused proposals, for too many bytes were not committed. */
    OVERLOADED,
    /** Entries were read from the disk for another member. */
    LOADED_FOR_A_MEMBER,
    /** Entries were read from the disk for the state machine. */
    LOADED_TO_APPLY,
    /** A disk without room dropped what a leader sent. */
    DROPPED_BY_A_FULL_DISK,
    /** A leader handed over, and the other was elected. */
    HANDED_OVER,
    /** A member crashed while a change of membership was not committed. */
    CRASHED_IN_A_CHANGE,
    /** A member without a state was elected. */
    ELECTED_WITHOUT_STATE,
    /** A member answered a leader that its own membership does not have. */
    ANSWERED_A_STRANGER,
    /** A member that knows of its removal only by being refused. */
    TOLD_OF_ITS_REMOVAL,
    /** Somebody took the place of a member that had lost its log. */
    REPLACED,
    /** A member that its disk was wiped under was found out, and somebody took its place. */
    WIPED_AND_REPLACED,
    /** Damage of the log was found. */
    ROT_FOUND,
    /** A learner that the log had not named yet when it started has become a voter. */
    NEWCOMER_PROMOTED,
    /** A minority was troubled while the rest was watched. */
    MAJORITY_WATCHED,
    /** Some members stayed away when the faults ended. */
    HEALED_WITHOUT_SOME
}
