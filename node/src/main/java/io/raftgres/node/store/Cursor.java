package io.raftgres.node.store;

import io.raftgres.node.kv.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Rows of one query, fetched as they are asked for, with a look at the next. */
final class Cursor implements AutoCloseable {

    /** Times the largest value (1.5 MiB) is what one fetch may take of the heap. */
    private static final int FETCH_ROWS = 16;
    private static final int FETCH_KEYS = 1_000;

    interface Binder {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private final PreparedStatement statement;
    private final ResultSet result;
    private final boolean marked;
    private Row row;
    private long revision;
    private boolean mark;

    /**
     * @param sql the six columns of a row
     * @param marked followed by a revision and a flag
     */
    Cursor(Connection connection, String sql, boolean keysOnly, boolean marked, Binder binder) throws SQLException {
        this.marked = marked;
        this.statement = connection.prepareStatement(sql);
        try {
            statement.setFetchSize(keysOnly ? FETCH_KEYS : FETCH_ROWS);
            binder.bind(statement);
            this.result = statement.executeQuery();
            advance();
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    /** @return the row it stands on, null at the end */
    Row row() {
        return row;
    }

    /** @return the revision beside the row */
    long revision() {
        return revision;
    }

    /** @return the flag beside the row */
    boolean mark() {
        return mark;
    }

    void advance() throws SQLException {
        if (!result.next()) {
            row = null;
            return;
        }
        row = RowQueries.row(result);
        if (marked) {
            revision = result.getLong(RowQueries.COLUMN_COUNT + 1);
            mark = result.getBoolean(RowQueries.COLUMN_COUNT + 2);
        }
    }

    @Override
    public void close() throws SQLException {
        statement.close();
    }
}
