package io.raftgres.node.store.sql;

import java.net.SocketTimeoutException;
import java.sql.SQLException;

/**
 * For how long PostgreSQL may say nothing in a statement of the state machine or its writer, before it is taken for one
 * that hangs. What was given up for that is tried again with twice the time: an entry of the log that needs more than
 * usual is carried out some time, instead of being tried for ever. Thread-safe; those of several threads disturb each
 * other only in how long they wait.
 */
public final class Patience {

    private static final int MAX_SECONDS = 4 * 3_600;

    /** SQLSTATE of a connection that was there; one that cannot be made is another matter. */
    private static final String CONNECTION_FAILURE = "08006";

    private volatile int seconds = Sessions.ANSWER_SECONDS_MAX;

    public int seconds() {
        return seconds;
    }

    /** @return whether it is longer than what connections have anyway */
    public boolean isLong() {
        return seconds > Sessions.ANSWER_SECONDS_MAX;
    }

    /** All has been answered. */
    public void rewarded() {
        if (isLong()) {
            seconds = Sessions.ANSWER_SECONDS_MAX;
        }
    }

    /** @param why something else than too short a time changes nothing */
    public void lost(SQLException why) {
        if (CONNECTION_FAILURE.equals(why.getSQLState()) && why.getCause() instanceof SocketTimeoutException) {
            seconds = Math.min(2 * seconds, MAX_SECONDS);
        }
    }
}
