package io.raftgres.node.store.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Statements of one transaction that are sent to PostgreSQL together, in one round trip unless they are large. Each
 * names the number of rows that it must change: another number means that the rows differ from those of the log.
 */
public final class StatementBatch {

    public static final int ANY_COUNT = -1;

    /**
     * Bounds the size of one message to PostgreSQL, or of the data that it moves, and so the time until PostgreSQL
     * responds. A single larger row is sent alone.
     */
    private static final long BYTES_MAX = 16L << 20;

    @FunctionalInterface
    public interface Binder {
        /** @return the index of the next parameter */
        int bind(PreparedStatement statement, int at) throws SQLException;
    }

    private record Part(String sql, int rows, Binder binder) {}

    private final Connection connection;
    private final Runnable heard;
    private final List<Part> parts = new ArrayList<>();
    private long bytes;

    /** @param heard called whenever PostgreSQL has finished statements */
    public StatementBatch(Connection connection, Runnable heard) {
        this.connection = connection;
        this.heard = heard;
    }

    public void add(String sql, int rows, long size, Binder binder) throws SQLException {
        if (bytes > 0 && bytes + size > BYTES_MAX) {
            flush();
        }
        parts.add(new Part(sql, rows, binder));
        bytes += size;
    }

    public void flush() throws SQLException {
        if (parts.isEmpty()) {
            return;
        }
        StringBuilder sql = new StringBuilder();
        for (Part part : parts) {
            sql.append(sql.isEmpty() ? "" : ";\n").append(part.sql());
        }
        try (PreparedStatement statement = connection.prepareStatement(sql.toString())) {
            int at = 1;
            for (Part part : parts) {
                at = part.binder().bind(statement, at);
            }
            statement.execute();
            heard.run();
            for (Part part : parts) {
                int touched = statement.getUpdateCount();
                if (part.rows() != ANY_COUNT && touched != part.rows()) {
                    throw new StoreDamagedException("PostgreSQL's rows differ from those of the log: a statement for "
                            + part.rows() + " rows touched " + touched + ": " + part.sql());
                }
                statement.getMoreResults();
            }
        }
        parts.clear();
        bytes = 0;
    }
}
