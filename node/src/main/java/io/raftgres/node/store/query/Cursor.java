package io.raftgres.node.store.query;

import io.raftgres.node.kv.Row;
import io.raftgres.node.store.sql.SqlErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Rows of one query, fetched on demand, with access to the current one. A fetch has many rows without their large
 * values. Each large value is read separately from the place that its row names. So the heap that a cursor uses is
 * bounded, whatever the rows are.
 */
public final class Cursor implements AutoCloseable {

    /** Values up to this size come with their rows. */
    public static final int INLINE_BYTES = 8 << 10;

    /** Rows of the longest keys: 8 KiB each, and as much of values. */
    private static final int FETCH_ROWS = 16;

    public static final int FETCH_KEYS = 64;

    /** Rows whose keys have at most 2 KiB. */
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
     * @param marked whether a revision and a flag follow these columns
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

    /** @return the current row, null at the end */
    public Row row() {
        return row;
    }

    /** @return the current row's revision column */
    public long revision() {
        return revision;
    }

    /** @return the current row's flag column */
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

    /** @param place table and tuple, which does not move while this transaction's snapshot shows it */
    private byte[] value(String place) throws SQLException {
        int space = place.lastIndexOf(' ');
        try (PreparedStatement one = connection.prepareStatement(
                "SELECT value FROM " + place.substring(0, space) + " WHERE ctid = CAST(? AS tid)")) {
            one.setString(1, place.substring(space + 1));
            try (ResultSet found = one.executeQuery()) {
                if (!found.next()) {
                    throw new SQLException("a row of the snapshot is missing at " + place, SqlErrors.CORRUPTED);
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
