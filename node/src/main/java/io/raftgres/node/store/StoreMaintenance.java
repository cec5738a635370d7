package io.raftgres.node.store;

import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.store.schema.Scrub;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreOptions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/** Maintenance of the data as a whole; each operation uses its own connection and blocks. */
public final class StoreMaintenance {

    /**
     * Size of the schema, indexes and dead rows included. The size in use is an estimate from autovacuum's statistics:
     * the share of live rows of each table.
     */
    private static final String SIZE = """
            SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint,
                coalesce(sum(CASE WHEN s.n_live_tup + s.n_dead_tup > 0
                    THEN pg_total_relation_size(c.oid) * (s.n_live_tup::numeric / (s.n_live_tup + s.n_dead_tup))
                    ELSE pg_total_relation_size(c.oid) END), 0)::bigint
            FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
            WHERE c.relnamespace = 'raftgres'::regnamespace AND c.relkind = 'r'""";

    /** Exactly the rows that are visible at a revision: a compaction removes none of them. */
    private static final String HASH = """
            SELECT coalesce((SELECT sum(%1$s) FROM raftgres.kv_short WHERE mod_revision <= ?), 0)
                + coalesce((SELECT sum(%1$s) FROM raftgres.kv_long WHERE mod_revision <= ?), 0)
                + coalesce(
                    (SELECT sum(%1$s) FROM raftgres.kv_history WHERE end_revision > ? AND mod_revision <= ?), 0)""".formatted(Scrub.ROW_HASH);

    /** Odd, so that each revision has a different weight: 2^64 divided by the golden ratio. */
    private static final long REVISION_WEIGHT = 0x9E3779B97F4A7C15L;

    private final StoreOptions options;

    StoreMaintenance(StoreOptions options) {
        this.options = options;
    }

    /** @param inUse without dead rows, estimated */
    public record Size(long bytes, long inUse) {}

    public Size size() {
        try (Connection connection = Sessions.plain(options, "size").getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(SIZE)) {
            result.next();
            return new Size(result.getLong(1), result.getLong(2));
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not return its size", e);
        }
    }

    /**
     * @param hash of the rows visible at {@code revision}, and of its number: equal on all members, before and after a
     *     compaction at it
     * @param current the newest revision in the same snapshot
     */
    public record RevisionHash(long hash, long revision, long compactedRevision, long current) {}

    /**
     * Reads all rows: about 1 s for 1,000,000 rows, without an upper bound of rows.
     *
     * @param revision 0: the current one
     * @throws ServiceException.Compacted when it is below the compacted one
     * @throws ServiceException.FutureRevision when PostgreSQL does not show it yet
     */
    public RevisionHash hash(long revision) {
        try (Connection connection = unhurried("hash").getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try (Statement statement = connection.createStatement()) {
                // Comes before the snapshot, so that no partition in the snapshot is dropped.
                statement.execute("LOCK TABLE ONLY raftgres.kv_history IN ACCESS SHARE MODE");
            }
            StoreState state = StateTable.read(connection);
            long at = revision == 0 ? state.revision() : revision;
            if (at > state.revision()) {
                throw new ServiceException.FutureRevision(at, state.revision());
            }
            if (at < state.compactedRevision()) {
                throw new ServiceException.Compacted(at, state.compactedRevision());
            }
            long hash = hash(connection, at);
            connection.commit();
            return new RevisionHash(hash, at, state.compactedRevision(), state.revision());
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not compute the hash", e);
        }
    }

    private static long hash(Connection connection, long revision) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HASH)) {
            for (int i = 1; i <= 4; i++) {
                statement.setLong(i, revision);
            }
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                // longValue keeps the low 64 bits of the exact sum.
                return result.getBigDecimal(1).toBigInteger().longValue() + revision * REVISION_WEIGHT;
            }
        }
    }

    /** Makes the space of dead rows reusable; reads and writes continue meanwhile. */
    public void vacuum() {
        try (Connection connection = unhurried("vacuum").getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("VACUUM (ANALYZE) raftgres.kv_short, raftgres.kv_long, raftgres.tokens, raftgres.leases");
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not vacuum its tables", e);
        }
    }

    private PGSimpleDataSource unhurried(String name) {
        PGSimpleDataSource source = Sessions.plain(options, name);
        source.setSocketTimeout(0);
        return source;
    }
}
