package io.raftgres.node.store;

import io.raftgres.node.kv.StoreUnavailableException;
import java.sql.SQLException;
import java.sql.SQLTransientException;

/** Tells failures that pass (PostgreSQL is away, out of space or connections) from those that do not. */
final class Failures {

    private static final String PROTOCOL_VIOLATION = "08P01";
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private Failures() {}

    /** @return the exception to throw: StoreUnavailableException when trying again may help */
    static RuntimeException of(String doing, SQLException e) {
        String message = doing + ": " + e.getMessage();
        return passes(e) ? new StoreUnavailableException(message, e) : new IllegalStateException(message, e);
    }

    /** @return whether the server went away, so that other connections to it are dead as well */
    static boolean serverIsGone(SQLException e) {
        String state = e.getSQLState();
        return !(e instanceof SQLTransientException) && state != null
                && (state.startsWith("08") || state.startsWith("57P"));
    }

    /** @return whether a lock was not to be had in the time that was given for it */
    static boolean lockNotAvailable(SQLException e) {
        return LOCK_NOT_AVAILABLE.equals(e.getSQLState());
    }

    static boolean passes(SQLException e) {
        if (e instanceof SQLTransientException) {
            return true;
        }
        String state = e.getSQLState();
        if (state == null) {
            return true;
        }
        if (state.equals(PROTOCOL_VIOLATION)) {
            return false;
        }
        return switch (state.substring(0, 2)) {
            // connection, resources (disk full, memory, too many connections), operator (shutdown), system (I/O),
            // serialization and deadlock, lock not available
            case "08", "53", "57", "58", "40", "55" -> true;
            default -> false;
        };
    }
}
