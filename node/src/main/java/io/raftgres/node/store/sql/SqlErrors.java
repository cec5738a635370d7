package io.raftgres.node.store.sql;

import io.raftgres.node.kv.StoreUnavailableException;
import java.sql.SQLException;
import java.sql.SQLTransientException;

/**
 * Classifies SQL errors: temporary ones (PostgreSQL is unavailable, out of space or connections), those that mean
 * damaged or lost data, and those that an administrator has to examine.
 */
public final class SqlErrors {

    /** SQLSTATE of corrupted data. */
    public static final String CORRUPTED = "XX001";

    private static final String PROTOCOL_VIOLATION = "08P01";
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private SqlErrors() {}

    /**
     * @return the exception to throw: StoreUnavailableException when another attempt may help, StoreDamagedException
     *     when the data has to be replaced
     */
    public static RuntimeException of(String doing, SQLException e) {
        String message = doing + ": " + e.getMessage();
        if (isDamage(e)) {
            return new StoreDamagedException(message, e);
        }
        return passes(e) ? new StoreUnavailableException(message, e) : new IllegalStateException(message, e);
    }

    /**
     * @return whether the data is damaged, or differs from the log's. Only the log's entries are written, so no row can
     *     be missing or in conflict
     */
    public static boolean isDamage(SQLException e) {
        String state = e.getSQLState();
        if (state == null) {
            return false;
        }
        return switch (state) {
            // a table's file, a table, a schema, a column
            case "58P01", "42P01", "3F000", "42703" -> true;
            // internal error, damaged page, damaged index; unique key, check or no partition for the row
            default -> state.startsWith("XX") || state.startsWith("23");
        };
    }

    /** @return whether the server is gone, so that other connections to it are dead as well */
    public static boolean serverIsGone(SQLException e) {
        String state = e.getSQLState();
        return !(e instanceof SQLTransientException)
                && state != null
                && (state.startsWith("08") || state.startsWith("57P"));
    }

    /** @return whether a lock was not available in the given time */
    public static boolean lockNotAvailable(SQLException e) {
        return LOCK_NOT_AVAILABLE.equals(e.getSQLState());
    }

    public static boolean passes(SQLException e) {
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
