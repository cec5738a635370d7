package io.raftgres.node.service;

import java.util.Locale;

/** What is wrong with a member, in words that an operator can look up. */
public enum Alarm {
    /** The disk of its log, or of its PostgreSQL, is full. */
    NO_SPACE,
    /** Its PostgreSQL does not answer. */
    POSTGRES_AWAY,
    /** Its log's disk takes long to sync. */
    SLOW_DISK,
    /** It has been found to differ from others, or from its own rows, and no other member could give it the state. */
    DIFFERS,
    /** Others have told of committed entries for long, and it has not got a single one further. */
    BEHIND;

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
