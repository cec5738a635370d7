package io.raftgres.node.store.query;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The SQL text and parameters that all reads of rows share. */
public final class RowQueries {

    public static final String COLUMNS = "key, create_revision, mod_revision, version, lease, value";

    /** A key read without its value: streams of keys only. */
    public static final String COLUMNS_WITHOUT_VALUE = "key, create_revision, mod_revision, version, lease, ''::bytea";

    public static final int COLUMN_COUNT = 6;

    /** Place of a row's value, when the value is too large to come with the row. */
    public static final String PLACE = "CASE WHEN octet_length(value) > " + Cursor.INLINE_BYTES
            + " THEN tableoid::regclass::text || ' ' || ctid::text END";

    private static final String SMALL_VALUE =
            "CASE WHEN octet_length(value) <= " + Cursor.INLINE_BYTES + " THEN value END";

    private RowQueries() {}

    /** @param place column or expression @return the columns of a {@link Cursor} */
    public static String streamed(boolean keysOnly, String place) {
        return keysOnly
                ? COLUMNS_WITHOUT_VALUE + ", NULL::text"
                : "key, create_revision, mod_revision, version, lease, " + SMALL_VALUE + ", " + place;
    }

    public static String inRange(KeyRange range) {
        return range.to() == null ? "key >= ?" : "key >= ? AND key < ?";
    }

    /** The same for the table of long keys, whose index has the first 1,024 bytes. */
    public static String inLongRange(KeyRange range) {
        String from = "substring(key FROM 1 FOR 1024) >= substring(?::bytea FROM 1 FOR 1024) AND key >= ?";
        return range.to() == null
                ? from
                : from + " AND substring(key FROM 1 FOR 1024) <= substring(?::bytea FROM 1 FOR 1024) AND key < ?";
    }

    public static int bindRange(PreparedStatement statement, int at, KeyRange range) throws SQLException {
        int next = at;
        statement.setBytes(next++, range.from().bytes());
        if (range.to() != null) {
            statement.setBytes(next++, range.to().bytes());
        }
        return next;
    }

    public static int bindLongRange(PreparedStatement statement, int at, KeyRange range) throws SQLException {
        int next = at;
        statement.setBytes(next++, range.from().bytes());
        statement.setBytes(next++, range.from().bytes());
        if (range.to() != null) {
            statement.setBytes(next++, range.to().bytes());
            statement.setBytes(next++, range.to().bytes());
        }
        return next;
    }

    /** @param limit 0: none */
    public static String limit(long limit) {
        return limit > 0 ? " LIMIT " + limit : "";
    }

    public static Row row(ResultSet result) throws SQLException {
        return row(result, result.getBytes(COLUMN_COUNT));
    }

    public static Row row(ResultSet result, byte[] value) throws SQLException {
        return new Row(
                Key.of(result.getBytes(1)),
                value,
                result.getLong(2),
                result.getLong(3),
                result.getLong(4),
                result.getLong(5));
    }
}
