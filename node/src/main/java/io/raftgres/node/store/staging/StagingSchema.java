package io.raftgres.node.store.staging;

import io.raftgres.node.store.history.HistoryPartitions;
import io.raftgres.node.store.history.HistorySpan;
import io.raftgres.node.store.schema.FreshSchema;
import io.raftgres.node.store.schema.Migrations;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.StoreOptions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The schema {@code raftgres_staging}: a complete store next to the live one, made by the same migrations. It replaces
 * the live one by a rename. Every transaction on it begins with {@link #lock}, so that the work of an earlier
 * connection is over before the next one reads.
 *
 * <p>Functions find their tables by the name {@code raftgres} at run time; views and indexes do not. So the schema is
 * made under that name, while the live one is renamed temporarily, all in one transaction. Renaming a schema locks no
 * table. No other transaction sees the rename before the commit, when the live schema has its name again. (Measured
 * next to a writer: a statement at that moment is planned again, which takes a few milliseconds.)
 */
public final class StagingSchema {

    public static final String NAME = "raftgres_staging";

    /** Followed by the number of the transaction that replaced it by another. */
    public static final String OLD = "raftgres_old_";

    private static final String ASIDE = "raftgres_aside";

    /** Key of PostgreSQL's advisory lock: "raftsnap". */
    private static final long LOCK = 0x72616674_736E6170L;

    /**
     * One process builds an index: the member's PostgreSQL may be idle, but its machine may not be. A server process
     * whose client is gone ends within seconds.
     */
    private static final String SETTINGS = "-c synchronous_commit=off -c lock_timeout=30s"
            + " -c max_parallel_maintenance_workers=0 -c max_parallel_workers_per_gather=0"
            + " -c client_connection_check_interval=2s";

    /** Definitions are read with an empty search path; otherwise they would lack the schema's name. */
    private static final String INDEXES = """
            SELECT CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
                    ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, c.conname,
                        pg_get_constraintdef(c.oid)) END,
                CASE WHEN c.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
                    ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, c.conname) END
            FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
            WHERE i.indrelid IN ('raftgres_staging.kv_short'::regclass, 'raftgres_staging.kv_long'::regclass)
            ORDER BY i.indexrelid""";

    private StagingSchema() {}

    public static Connection connect(StoreOptions options) throws SQLException {
        PGSimpleDataSource source = Sessions.source(options, "staging", SETTINGS);
        // If the statements of a migration were prepared, all would be parsed before the first one has run.
        source.setPrepareThreshold(0);
        Connection connection = source.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    /** Lasts until the end of the transaction. */
    public static void lock(Statement statement) throws SQLException {
        statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
    }

    public static boolean exists(Statement statement, String schema) throws SQLException {
        return isTrue(statement, "SELECT to_regnamespace('" + schema + "') IS NOT NULL");
    }

    /** @return whether there is a staging schema that was made completely */
    public static boolean isMade(Statement statement) throws SQLException {
        return isTrue(statement, "SELECT to_regclass('raftgres_staging.snapshot') IS NOT NULL");
    }

    private static boolean isTrue(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getBoolean(1);
        }
    }

    /**
     * Makes an empty schema, in one transaction, without the indexes of the live keys: they are made once all rows are
     * loaded.
     */
    public static void create(Connection connection, byte[] manifest) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            lock(statement);
            boolean live = exists(statement, Migrations.SCHEMA);
            if (live) {
                statement.execute("ALTER SCHEMA raftgres RENAME TO " + ASIDE);
            }
            FreshSchema.create(connection);
            statement.execute("ALTER SCHEMA raftgres RENAME TO " + NAME);
            if (live) {
                statement.execute("ALTER SCHEMA " + ASIDE + " RENAME TO raftgres");
            }
            statement.execute("""
                    CREATE TABLE raftgres_staging.snapshot (
                        only_row boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
                        manifest bytea   NOT NULL,
                        indexes  text[]  NOT NULL,
                        chunks   bigint  NOT NULL DEFAULT 0,
                        expected bigint,
                        complete boolean NOT NULL DEFAULT false
                    )""");
            insert(connection, manifest, dropIndexes(statement));
        }
        connection.commit();
    }

    private static List<String> dropIndexes(Statement statement) throws SQLException {
        List<String> made = new ArrayList<>();
        List<String> dropped = new ArrayList<>();
        statement.execute("SET LOCAL search_path = pg_catalog");
        try (ResultSet result = statement.executeQuery(INDEXES)) {
            while (result.next()) {
                made.add(result.getString(1));
                dropped.add(result.getString(2));
            }
        }
        for (String sql : dropped) {
            statement.execute(sql);
        }
        statement.execute("SET LOCAL search_path = DEFAULT");
        return made;
    }

    private static void insert(Connection connection, byte[] manifest, List<String> indexes) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO raftgres_staging.snapshot (manifest, indexes) VALUES (?, ?)")) {
            insert.setBytes(1, manifest);
            insert.setArray(2, connection.createArrayOf("text", indexes.toArray()));
            insert.executeUpdate();
        }
    }

    /** Makes the missing partitions, in transactions of their own. */
    public static void addPartitions(Connection connection, List<HistorySpan> spans) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            lock(statement);
            Set<String> there = partitions(statement, NAME);
            for (HistorySpan span : spans) {
                String name = "kv_history_" + span.from();
                if (there.contains(name)) {
                    continue;
                }
                lock(statement);
                String table = NAME + "." + name;
                HistoryPartitions.create(statement, table, "raftgres_staging.kv_history");
                statement.execute("ALTER TABLE raftgres_staging.kv_history ATTACH PARTITION " + table
                        + " FOR VALUES FROM (" + span.from() + ") TO (" + span.to() + ")");
                connection.commit();
            }
        }
        connection.commit();
    }

    private static Set<String> partitions(Statement statement, String schema) throws SQLException {
        Set<String> names = new TreeSet<>();
        try (ResultSet result = statement.executeQuery("SELECT c.relname FROM pg_class c JOIN pg_namespace n"
                + " ON n.oid = c.relnamespace WHERE n.nspname = '" + schema
                + "' AND c.relkind = 'r' AND c.relname ~ '^kv_history_[0-9]+$'")) {
            while (result.next()) {
                names.add(result.getString(1));
            }
        }
        return names;
    }

    /** Drops a schema with all its tables, partition by partition: PostgreSQL limits the locks of one transaction. */
    public static void drop(Connection connection, String schema) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            lock(statement);
            if (schema.equals(NAME) && isMade(statement)) {
                // Comes first, so that the remains of an interrupted drop do not count as a complete schema.
                statement.execute("DROP TABLE raftgres_staging.snapshot");
                connection.commit();
            }
            for (String partition : partitions(statement, schema)) {
                statement.execute("DROP TABLE IF EXISTS " + schema + "." + partition);
                connection.commit();
            }
            lock(statement);
            statement.execute("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
        }
        connection.commit();
    }

    /** @return names of schemas that were replaced by another */
    public static List<String> old(Connection connection) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT nspname FROM pg_namespace WHERE nspname ~ '^" + OLD + "[0-9]+$'")) {
            while (result.next()) {
                names.add(result.getString(1));
            }
        }
        connection.commit();
        return names;
    }
}
