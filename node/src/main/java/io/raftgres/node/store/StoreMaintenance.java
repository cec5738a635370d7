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

/** What is asked of the data as a whole, now and then, each time over a connection of its own. Blocks. */
public final class StoreMaintenance {

    /**
     * What the schema takes, indexes and dead rows included. In use is estimated from the statistics that autovacuum
     * goes by: as much of each table as it has live rows.
     */
    private static final String SIZE = """
            SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint,
                coalesce(sum(CASE WHEN s.n_live_tup + s.n_dead_tup > 0
                    THEN pg_total_relation_size(c.oid) * (s.n_live_tup::numeric / (s.n_live_tup + s.n_dead_tup))
                    ELSE pg_total_relation_size(c.oid) END), 0)::bigint
            FROM pg_class c LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
            WHERE c.relnamespace = 'raftgres'::regnamespace AND c.relkind = 'r'""";

    /** The rows that are read at a revision, and no others: a compaction takes none of them. */
    private static final String HASH = """
            SELECT coalesce((SELECT sum(%1$s) FROM raftgres.kv_short WHERE mod_revision <= ?), 0)
                + coalesce((SELECT sum(%1$s) FROM raftgres.kv_long WHERE mod_revision <= ?), 0)
                + coalesce(
                    (SELECT sum(%1$s) FROM raftgres.kv_history WHERE end_revision > ? AND mod_revision <= ?), 0)""".formatted(Scrub.ROW_HASH);

    /** Odd, so that no two revisions weigh the same: 2^64 divided by the golden ratio. */
    private static final long REVISION_WEIGHT = 0x9E3779B97F4A7C15L;

    private final StoreOptions options;

    StoreMaintenance(StoreOptions options) {
        this.options = options;
    }

    /** @param inUse without what dead rows take, estimated */
    public record Size(long bytes, long inUse) {}

    public Size size() {
        try (Connection connection = Sessions.plain(options, "size").getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(SIZE)) {
            result.next();
            return new Size(result.getLong(1), result.getLong(2));
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not say how large it is", e);
        }
    }

    /**
     * @param hash of the rows as they are read at {@code revision}, and of its number: equal on all members, before
     *     and after a compaction at it
     * @param current the newest revision that the same snapshot shows
     */
    public record RevisionHash(long hash, long revision, long compactedRevision, long current) {}

    /**
     * Reads everything: about 1 s for 1,000,000 rows, with no bound on how many there are.
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
                // Before there is a snapshot, so that no partition is dropped that it shows.
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

    /** Makes what dead rows take free for new ones; reads and writes go on beside it. */
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
