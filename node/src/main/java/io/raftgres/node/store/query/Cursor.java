package io.raftgres.node.store.query;

import io.raftgres.node.kv.Row;
import io.raftgres.node.store.sql.SqlErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Rows of one query, fetched as they are asked for, with a look at the next. A fetch has many rows without their large
 * values, which come one at a time from where the row says that it is: so what it holds of the heap is bounded,
 * whatever the rows are.
 */
public final class Cursor implements AutoCloseable {

    /** Values up to it come with their rows. */
    public static final int INLINE_BYTES = 8 << 10;

    /** Of the longest keys: 8 KiB each, and as much of values. */
    private static final int FETCH_ROWS = 16;

    public static final int FETCH_KEYS = 64;

    /** Rows whose keys have 2 KiB at most. */
    private static final int FETCH_SHORT_KEYS = 512;

    public interface Binder {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private final PreparedStatement statement;
    private final ResultSet result;
    private final Connection connection;
    private final boolean marked;
    private Row row;
    private long revision;
    private boolean mark;

    /**
     * @param sql the columns of {@link RowQueries#streamed}
     * @param marked followed by a revision and a flag
     */
    public Cursor(Connection connection, String sql, boolean keysOnly, boolean marked, Binder binder)
            throws SQLException {
        this.connection = connection;
        this.marked = marked;
        this.statement = connection.prepareStatement(sql);
        try {
            statement.setFetchSize(fetch(sql, keysOnly));
            binder.bind(statement);
            this.result = statement.executeQuery();
            advance();
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    private static int fetch(String sql, boolean keysOnly) {
        if (!keysOnly) {
            return FETCH_ROWS;
        }
        return sql.contains("FROM raftgres.kv_short") && !sql.contains("UNION") ? FETCH_SHORT_KEYS : FETCH_KEYS;
    }

    /** @return the row it stands on, null at the end */
    public Row row() {
        return row;
    }

    /** @return the revision beside the row */
    public long revision() {
        return revision;
    }

    /** @return the flag beside the row */
    public boolean mark() {
        return mark;
    }

    public void advance() throws SQLException {
        if (!result.next()) {
            row = null;
            return;
        }
        String place = result.getString(RowQueries.COLUMN_COUNT + 1);
        row = RowQueries.row(result, place == null ? result.getBytes(RowQueries.COLUMN_COUNT) : value(place));
        if (marked) {
            revision = result.getLong(RowQueries.COLUMN_COUNT + 2);
            mark = result.getBoolean(RowQueries.COLUMN_COUNT + 3);
        }
    }

    /** @param place table and tuple, which stays where it is as long as this transaction's snapshot shows it */
    private byte[] value(String place) throws SQLException {
        int space = place.lastIndexOf(' ');
        try (PreparedStatement one = connection.prepareStatement(
                "SELECT value FROM " + place.substring(0, space) + " WHERE ctid = CAST(? AS tid)")) {
            one.setString(1, place.substring(space + 1));
            try (ResultSet found = one.executeQuery()) {
                if (!found.next()) {
                    throw new SQLException("a row of the snapshot is not at " + place, SqlErrors.CORRUPTED);
                }
                return found.getBytes(1);
            }
        }
    }

    @Override
    public void close() throws SQLException {
        statement.close();
    }
}
