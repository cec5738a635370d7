package io.raftgres.node.store.query;

import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Reads that PostgreSQL orders, filters or counts, over all tables of rows. */
public final class SelectionQuery {

    private SelectionQuery() {}

    /** @param revision 0: the current one @return number of rows in the range */
    public static long count(Connection connection, KeyRange range, long revision) throws SQLException {
        return count(connection, range, revision, 0);
    }

    /** @param most upper bound of counted rows; 0: none */
    public static long count(Connection connection, KeyRange range, long revision, long most) throws SQLException {
        String sql = "SELECT count(*) FROM (" + rows(range, revision, "1") + RowQueries.limit(most) + ") AS r";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, range, revision);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    /** @return -1: it does not determine the number of rows in the range */
    public static long stream(Connection connection, KeyRange range, Selection selection, RangeSink sink)
            throws SQLException {
        // Rows ordered by their value need it until they are sorted.
        String inner = selection.keysOnly() && selection.target() != Selection.Target.VALUE
                ? RowQueries.COLUMNS_WITHOUT_VALUE + " AS value, NULL::text AS place"
                : RowQueries.COLUMNS + ", " + RowQueries.PLACE + " AS place";
        String sql = "SELECT " + RowQueries.streamed(selection.keysOnly(), "place")
                + " FROM (" + rows(range, selection.revision(), inner) + ") AS r" + where(selection.filter())
                + " ORDER BY " + column(selection.target()) + (selection.descending() ? " DESC" : "") + ", key"
                + RowQueries.limit(selection.limit());
        try (Cursor cursor = new Cursor(
                connection,
                sql,
                selection.keysOnly(),
                false,
                statement -> bind(statement, range, selection.revision()))) {
            for (Row row = cursor.row(); row != null && sink.row(row); row = cursor.row()) {
                cursor.advance();
            }
        }
        return -1;
    }

    private static String rows(KeyRange range, long revision, String columns) {
        boolean past = revision > 0;
        String asOf = past ? " AND mod_revision <= " + revision : "";
        return "SELECT " + columns + " FROM raftgres.kv_short WHERE " + RowQueries.inRange(range) + asOf
                + " UNION ALL SELECT " + columns + " FROM raftgres.kv_long WHERE "
                + RowQueries.inLongRange(range) + asOf
                + (past
                        ? " UNION ALL SELECT " + columns + " FROM raftgres.kv_history WHERE end_revision > " + revision
                                + asOf + " AND " + RowQueries.inRange(range)
                        : "");
    }

    private static void bind(PreparedStatement statement, KeyRange range, long revision) throws SQLException {
        int next = RowQueries.bindLongRange(statement, RowQueries.bindRange(statement, 1, range), range);
        if (revision > 0) {
            RowQueries.bindRange(statement, next, range);
        }
    }

    private static String where(Selection.Filter filter) {
        return " WHERE true"
                + (filter.maxMod() == 0 ? "" : " AND mod_revision <= " + filter.maxMod())
                + (filter.minMod() == 0 ? "" : " AND mod_revision >= " + filter.minMod())
                + (filter.maxCreate() == 0 ? "" : " AND create_revision <= " + filter.maxCreate())
                + (filter.minCreate() == 0 ? "" : " AND create_revision >= " + filter.minCreate());
    }

    private static String column(Selection.Target target) {
        return switch (target) {
            case KEY -> "key";
            case VERSION -> "version";
            case CREATE_REVISION -> "create_revision";
            case MOD_REVISION -> "mod_revision";
            case VALUE -> "value";
        };
    }
}
