package io.raftgres.sim;

/** Rare states that a simulation has to reach before it proves anything about them. */
enum Reached {
    /** A membership change was truncated: the previous membership is in force again. */
    MEMBERSHIP_TRUNCATED,
    /** A member was elected whose own removal is in its log but not committed. */
    ELECTED_WHILE_BEING_REMOVED,
    /** A leader sent a probe at the start of its log to a member that may lack the entries below. */
    DOUBTFUL_PROBE,
    /** A snapshot was installed, and the log after it was kept. */
    TAIL_KEPT_BEHIND_SNAPSHOT,
    /** A snapshot was installed, and the log restarted after it. */
    LOG_RESTARTED_BEHIND_SNAPSHOT,
    /** A leader committed an entry that was not on its own disk. */
    COMMITTED_BEFORE_OWN_DISK,
    /** Other members acknowledged an entry before the leader's own disk reported it, although the disk had it. */
    ACKNOWLEDGED_BEFORE_OWN_REPORT,
    /** Several syncs were reported by one report. */
    REPORTS_COALESCED,
    /** Ticks came in a burst. */
    TICKS_IN_A_BURST,
    MESSAGE_LATE_BY_SECONDS,
    /** A leader refused proposals because too many bytes were uncommitted. */
    OVERLOADED,
    /** Entries were read from the disk for another member. */
    LOADED_FOR_A_MEMBER,
    /** Entries were read from the disk for the state machine. */
    LOADED_TO_APPLY,
    /** A full disk dropped a leader's entries. */
    DROPPED_BY_A_FULL_DISK,
    /** A leader transferred leadership, and the target was elected. */
    HANDED_OVER,
    /** A member crashed while a membership change was uncommitted. */
    CRASHED_IN_A_CHANGE,
    /** A member without a state was elected. */
    ELECTED_WITHOUT_STATE,
    /** A member responded to a leader that is not in its own membership. */
    ANSWERED_A_STRANGER,
    /** A member learned of its removal only when another member refused it. */
    NOTIFIED_OF_ITS_REMOVAL,
    /** A new member took the place of a member that had lost its log. */
    REPLACED,
    /** A member with a wiped disk was detected, and a new member took its place. */
    WIPED_AND_REPLACED,
    /** Damage in the log was found. */
    ROT_FOUND,
    /** A learner became a voter whose log did not name it when it started. */
    NEWCOMER_PROMOTED,
    /** A minority had faults while the majority was watched. */
    MAJORITY_WATCHED,
    /** Some members stayed unavailable after the faults ended. */
    HEALED_WITHOUT_SOME
}
