package io.raftgres.node.store.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Statements of one transaction that go to PostgreSQL together, in one round trip unless they are large. Each says how
 * many rows it must touch: another number means that the rows are not those that the log says they are.
 */
public final class StatementBatch {

    public static final int ANY_COUNT = -1;

    /**
     * Bounds what one message to PostgreSQL holds, or makes it move, and so the time until it answers; a single larger
     * row still goes, alone.
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

    /** @param heard told whenever PostgreSQL has finished statements */
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
                    throw new StoreDamagedException("PostgreSQL's rows are not those of the log: a statement for "
                            + part.rows() + " rows touched " + touched + ": " + part.sql());
                }
                statement.getMoreResults();
            }
        }
        parts.clear();
        bytes = 0;
    }
}
