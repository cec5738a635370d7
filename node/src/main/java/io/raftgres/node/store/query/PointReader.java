package io.raftgres.node.store.query;

import com.zaxxer.hikari.HikariDataSource;
import io.raftgres.node.kv.AuthRecord;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSource;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.write.RowStatements;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Short reads of current rows. Each statement also reads the applied index. So a PostgreSQL that lost its last
 * transactions in a crash cannot return rows older than this node's writes.
 */
public final class PointReader {

    /** A row without a key among the others. */
    private static final String APPLIED =
            "SELECT NULL::bytea, applied_index, 0::bigint, 0::bigint, 0::bigint, NULL::bytea FROM raftgres.state";

    private final HikariDataSource pool;
    private final LongSupplier writtenIndex;

    public PointReader(HikariDataSource pool, LongSupplier writtenIndex) {
        this.pool = pool;
        this.writtenIndex = writtenIndex;
    }

    public Map<Key, Row> get(Collection<Key> keys) {
        if (keys.isEmpty()) {
            return Map.of();
        }
        byte[][] shortKeys = keys.stream()
                .filter(key -> !RowStatements.isLong(key))
                .map(Key::bytes)
                .toArray(byte[][]::new);
        byte[][] longKeys =
                keys.stream().filter(RowStatements::isLong).map(Key::bytes).toArray(byte[][]::new);
        String sql = APPLIED + " UNION ALL " + rows("kv_short", RowStatements.SAME_SHORT_KEY)
                + (longKeys.length > 0 ? " UNION ALL " + rows("kv_long", RowStatements.SAME_LONG_KEY) : "");
        return query(sql, statement -> {
            statement.setArray(1, statement.getConnection().createArrayOf("bytea", shortKeys));
            if (longKeys.length > 0) {
                statement.setArray(2, statement.getConnection().createArrayOf("bytea", longKeys));
            }
        });
    }

    /**
     * In the order of the keys, as the join delivers them; after {@link RowSource#MAX_FETCH_BYTES} without their
     * values.
     */
    private static String rows(String table, String sameKey) {
        return "SELECT key, create_revision, mod_revision, version, lease, CASE WHEN before < "
                + RowSource.MAX_FETCH_BYTES + " THEN value END FROM (SELECT k.*, sum(octet_length(k.value))"
                + " OVER (ROWS UNBOUNDED PRECEDING) - octet_length(k.value) AS before"
                + " FROM unnest(?::bytea[]) AS u(key) JOIN raftgres." + table + " k ON " + sameKey + ") AS r";
    }

    public List<AuthRecord> auth() {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT kind, name, data FROM raftgres.auth")) {
            List<AuthRecord> records = new ArrayList<>();
            while (result.next()) {
                records.add(new AuthRecord(
                        AuthRecord.Kind.values()[result.getInt(1)],
                        new String(result.getBytes(2), StandardCharsets.UTF_8),
                        result.getBytes(3)));
            }
            return records;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    public Map<Long, Long> leases() {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT lease, ttl_seconds FROM raftgres.leases")) {
            Map<Long, Long> leases = new HashMap<>();
            while (result.next()) {
                leases.put(result.getLong(1), result.getLong(2));
            }
            return leases;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    public boolean answers() {
        try (Connection connection = pool.getConnection()) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    public StoreState state() {
        try (Connection connection = pool.getConnection()) {
            return StateTable.read(connection);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private interface Binder {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private Map<Key, Row> query(String sql, Binder binder) {
        long written = writtenIndex.getAsLong();
        try (Connection connection = pool.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            binder.bind(statement);
            Map<Key, Row> rows = new HashMap<>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    if (result.getBytes(1) == null) {
                        requireNotBehind(result.getLong(2), written);
                    } else {
                        Row row = RowQueries.row(result);
                        rows.put(row.key(), row.value() == null ? null : row);
                    }
                }
            }
            return rows;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    public static void requireNotBehind(long applied, long written) {
        if (applied < written) {
            throw new StoreUnavailableException(
                    "PostgreSQL restarted at applied index " + applied + " and has not yet been brought to " + written
                            + " again",
                    null);
        }
    }

    /** A dead connection means that the others of the pool are dead too. */
    private RuntimeException failed(SQLException e) {
        if (SqlErrors.serverIsGone(e)) {
            pool.getHikariPoolMXBean().softEvictConnections();
        }
        return SqlErrors.of("PostgreSQL did not respond to a read", e);
    }
}
