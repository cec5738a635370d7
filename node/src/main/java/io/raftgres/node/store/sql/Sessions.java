package io.raftgres.node.store.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections to PostgreSQL, each kind with the planner settings that its statements need. */
public final class Sessions {

    /**
     * Forces nested loops over the key's index, whatever the current statistics: a plan made while the table was empty
     * must not stay a sequential scan.
     */
    private static final String WRITER = "-c synchronous_commit=off -c plan_cache_mode=force_generic_plan"
            + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c lock_timeout=30s";

    /** Reads ranges from the index in key order, and never sorts the whole table first. */
    private static final String READER = "-c enable_seqscan=off -c enable_sort=off -c work_mem=32MB"
            + " -c max_parallel_workers_per_gather=0 -c default_transaction_read_only=on";

    private static final int CONNECT_SECONDS_MAX = 5;

    /** Upper bound of a read's wait for a connection, and so for an unavailable PostgreSQL. */
    private static final int POOL_MILLIS_MAX = 2_000;

    /** A server that takes longer for a statement counts as hanging. Recomputing the hash has no limit. */
    public static final int MAX_STATEMENT_SECONDS = 60;

    /** The driver's value for: prepare each statement, and return binary results, from the first execution. */
    private static final int BINARY_FROM_THE_FIRST = -1;

    private Sessions() {}

    public static PGSimpleDataSource source(StoreOptions options, String name, String settings) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(options.jdbcUrl());
        source.setUser(options.user());
        source.setPassword(options.password());
        source.setApplicationName("raftgres " + name);
        source.setConnectTimeout(CONNECT_SECONDS_MAX);
        source.setSocketTimeout(MAX_STATEMENT_SECONDS);
        source.setTcpKeepAlive(true);
        source.setPrepareThreshold(BINARY_FROM_THE_FIRST);
        if (!settings.isEmpty()) {
            source.setOptions(settings);
        }
        return source;
    }

    public static PGSimpleDataSource plain(StoreOptions options, String name) {
        return source(options, name, "");
    }

    public static Connection writer(StoreOptions options) throws SQLException {
        return writer(options, MAX_STATEMENT_SECONDS);
    }

    /** @param statementSeconds upper bound of PostgreSQL's time for a statement */
    public static Connection writer(StoreOptions options, int statementSeconds) throws SQLException {
        PGSimpleDataSource source = source(options, "writer", WRITER);
        source.setSocketTimeout(statementSeconds);
        Connection connection = source.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    /** For single-statement transactions. */
    public static HikariDataSource readers(StoreOptions options) {
        HikariConfig config = pool(options, "reader", options.readConnections());
        return new HikariDataSource(config);
    }

    /** For transactions that each read one snapshot. */
    public static HikariDataSource streams(StoreOptions options) {
        HikariConfig config = pool(options, "stream", options.streamConnections());
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
        return new HikariDataSource(config);
    }

    private static HikariConfig pool(StoreOptions options, String name, int connections) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(source(options, name, READER));
        config.setPoolName("raftgres-" + name);
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(POOL_MILLIS_MAX);
        config.setValidationTimeout(1_000);
        config.setInitializationFailTimeout(-1);
        return config;
    }
}
