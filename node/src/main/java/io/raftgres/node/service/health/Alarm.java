package io.raftgres.node.service.health;

import java.util.Locale;

/** A problem of a member, under a name that the documentation explains. */
public enum Alarm {
    /** The disk of its log, or of its PostgreSQL, is full. */
    NO_SPACE,
    /** Its PostgreSQL does not answer. */
    POSTGRES_UNAVAILABLE,
    /** Its log's disk takes long to sync. */
    SLOW_DISK,
    /** Its state differs from other members or from its own rows, and no other member could send it the right state. */
    CORRUPT,
    /**
     * Others have reported newer committed entries for a long time, and this member has not learned of a single new
     * commit.
     */
    BEHIND,
    /**
     * Its log is blank, and too few other members have confirmed that they know no earlier data of it. Until then it
     * has no vote.
     */
    UNVOUCHED,
    /** As the leader, it found that a member has lost entries that this member had acknowledged. */
    LOST_ENTRIES,
    /** The files of its certificate cannot be used, or the certificate has expired. */
    CERTIFICATE;

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
