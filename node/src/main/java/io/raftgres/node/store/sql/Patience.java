package io.raftgres.node.store.sql;

import java.net.SocketTimeoutException;
import java.sql.SQLException;

/**
 * The time for which PostgreSQL may be silent in a statement of the state machine or its writer before it counts as
 * hanging. After a timeout the statement is retried with twice the time. So a log entry that needs more time than usual
 * is executed eventually, instead of being retried permanently. Thread-safe; several threads only affect each other's
 * waiting times.
 */
public final class Patience {

    private static final int MAX_SECONDS = 4 * 3_600;

    /** SQLSTATE of an existing connection that failed; a connection that cannot be made has another one. */
    private static final String CONNECTION_FAILURE = "08006";

    private volatile int seconds = Sessions.MAX_STATEMENT_SECONDS;

    public int seconds() {
        return seconds;
    }

    /** @return whether it is longer than the standard timeout of connections */
    public boolean isLong() {
        return seconds > Sessions.MAX_STATEMENT_SECONDS;
    }

    /** Restores the standard time after all statements succeeded. */
    public void succeeded() {
        if (isLong()) {
            seconds = Sessions.MAX_STATEMENT_SECONDS;
        }
    }

    /** @param why the time is doubled only when this is a timeout */
    public void failed(SQLException why) {
        if (CONNECTION_FAILURE.equals(why.getSQLState()) && why.getCause() instanceof SocketTimeoutException) {
            seconds = Math.min(2 * seconds, MAX_SECONDS);
        }
    }
}
