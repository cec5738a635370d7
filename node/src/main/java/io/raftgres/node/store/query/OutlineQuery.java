package io.raftgres.node.store.query;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSet;
import io.raftgres.node.store.schema.Scrub;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads current rows without their large parts. For rows to be deleted, PostgreSQL sends the first values, and for each
 * other row the hash, which it computes itself: a GiB of values costs time, but no memory.
 */
public final class OutlineQuery {

    /** PostgreSQL reads and hashes this many of the largest values (1.5 MiB) before it responds. */
    private static final int FETCH_ROWS = 64;

    private static final byte[] NOTHING = {};

    private final RowSet rows;
    private final int limit;
    private final boolean toDelete;
    private final Runnable heard;

    /** @param heard called whenever PostgreSQL has responded */
    public OutlineQuery(RowSet rows, int limit, boolean toDelete, Runnable heard) {
        this.rows = rows;
        this.limit = limit;
        this.toDelete = toDelete;
        this.heard = heard;
    }

    /** @param connection within a transaction: rows come in parts */
    public List<Outline> run(Connection connection) throws SQLException {
        List<Outline> found = new ArrayList<>();
        read(connection, "raftgres.kv_short", false, found);
        int ofShortKeys = found.size();
        read(connection, "raftgres.kv_long", true, found);
        if (ofShortKeys < found.size()) {
            found.sort(Comparator.comparing(outline -> outline.row().key()));
        }
        return found.subList(0, listed(found));
    }

    private int listed(List<Outline> found) {
        long keyBytes = 0;
        for (int i = 0; i < Math.min(limit, found.size()); i++) {
            keyBytes += found.get(i).row().key().length();
            if (keyBytes > Limits.MAX_RANGE_KEY_BYTES) {
                return i + 1;
            }
        }
        return Math.min(limit, found.size());
    }

    private void read(Connection connection, String table, boolean longKeys, List<Outline> found) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql(table, longKeys))) {
            statement.setFetchSize(FETCH_ROWS);
            bind(statement, longKeys);
            long keyBytes = 0;
            try (ResultSet result = statement.executeQuery()) {
                while (keyBytes <= Limits.MAX_RANGE_KEY_BYTES && result.next()) {
                    heard.run();
                    Outline outline = outline(result);
                    keyBytes += outline.row().key().length();
                    found.add(outline);
                }
            }
        }
    }

    private String sql(String table, boolean longKeys) {
        String inOrder = " ORDER BY key LIMIT " + limit;
        if (!toDelete) {
            return "SELECT key, create_revision, mod_revision, version, lease, octet_length(value) AS size,"
                    + " NULL::bytea, 0::bigint FROM " + from(table, longKeys) + inOrder;
        }
        return "SELECT key, create_revision, mod_revision, version, lease, size, CASE WHEN kept THEN value END,"
                + " CASE WHEN kept THEN 0 ELSE " + Scrub.ROW_HASH + " END FROM (SELECT key, create_revision,"
                + " mod_revision, version, lease, value, octet_length(value) AS size, octet_length(value) = 0"
                + " OR sum(octet_length(value)) OVER (ORDER BY key ROWS UNBOUNDED PRECEDING) <= " + Outline.KEPT_BYTES
                + " AS kept FROM " + from(table, longKeys) + inOrder + ") AS r ORDER BY key";
    }

    private String from(String table, boolean longKeys) {
        return switch (rows) {
            case RowSet.InRange(KeyRange range) ->
                table + " WHERE " + (longKeys ? RowQueries.inLongRange(range) : RowQueries.inRange(range));
            // The query finds them by their lease first: a scan in key order would visit all existing rows.
            case RowSet.OfLeases ofLeases ->
                "(SELECT * FROM " + table + " WHERE lease <> 0 AND lease = ANY(?) OFFSET 0) AS attached";
        };
    }

    private void bind(PreparedStatement statement, boolean longKeys) throws SQLException {
        switch (rows) {
            case RowSet.InRange(KeyRange range) when longKeys -> RowQueries.bindLongRange(statement, 1, range);
            case RowSet.InRange(KeyRange range) -> RowQueries.bindRange(statement, 1, range);
            case RowSet.OfLeases(List<Long> leases) ->
                statement.setArray(1, statement.getConnection().createArrayOf("int8", leases.toArray()));
        }
    }

    private static Outline outline(ResultSet result) throws SQLException {
        byte[] value = result.getBytes(7);
        Row row = new Row(
                Key.of(result.getBytes(1)),
                value == null ? NOTHING : value,
                result.getLong(2),
                result.getLong(3),
                result.getLong(4),
                result.getLong(5));
        return value == null ? new Outline(row, result.getInt(6), result.getLong(8)) : Outline.of(row);
    }
}
