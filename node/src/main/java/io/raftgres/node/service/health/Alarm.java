package io.raftgres.node.service.health;

import java.util.Locale;

/** What is wrong with a member, in words that an operator can look up. */
public enum Alarm {
    /** The disk of its log, or of its PostgreSQL, is full. */
    NO_SPACE,
    /** Its PostgreSQL does not answer. */
    POSTGRES_UNAVAILABLE,
    /** Its log's disk takes long to sync. */
    SLOW_DISK,
    /** It has been found to differ from others, or from its own rows, and no other member could give it the state. */
    CORRUPT,
    /** Others have told of committed entries for long, and it has not got a single one further. */
    BEHIND,
    /** Its log is blank, and too few of the others have said yet that they know no other: it has no vote. */
    UNVOUCHED,
    /** As the leader it found a member to lack what that one had acknowledged. */
    LOST_ENTRIES;

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
