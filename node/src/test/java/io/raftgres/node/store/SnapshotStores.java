package io.raftgres.node.store;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.store.schema.Scrub;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Stores for tests of snapshots: their content, their schema, and a model of them. */
public final class SnapshotStores {

    public static final Membership MEMBERS = new Membership(
            List.of(
                    new Member(0x11, "node1", true, "127.0.0.1:9081", "http://127.0.0.1:8081"),
                    new Member(-7, "node2", false, "127.0.0.1:9082", "http://127.0.0.1:8082")),
            Set.of(5L, -9L));

    private SnapshotStores() {}

    /**
     * @return options for a new database of a running server; small partitions of the history, so that there are many
     */
    public static StoreOptions fresh(EmbeddedPostgres postgres, String database) throws SQLException {
        StoreOptions own = options(postgres, 50);
        try (Connection connection = connect(own);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return new StoreOptions(
                own.jdbcUrl().replaceAll("/[^/]*$", "/" + database),
                own.user(),
                own.password(),
                30_000,
                2,
                2,
                own.partitionRevisions());
    }

    public static StoreOptions options(EmbeddedPostgres postgres, long partitionRevisions) {
        return new StoreOptions(
                postgres.jdbcUrl(), postgres.user(), postgres.password(), 30_000, 2, 2, partitionRevisions);
    }

    public static Connection connect(StoreOptions options) throws SQLException {
        return DriverManager.getConnection(options.jdbcUrl(), options.user(), options.password());
    }

    public static void execute(StoreOptions options, String sql) throws SQLException {
        try (Connection connection = connect(options);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    public static String ask(StoreOptions options, String sql) throws SQLException {
        return String.join("\n", list(options, sql));
    }

    public static List<String> list(StoreOptions options, String sql) throws SQLException {
        try (Connection connection = connect(options)) {
            return list(connection, sql);
        }
    }

    /** As raftgres_reader. */
    public static String read(StoreOptions options, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(options.jdbcUrl(), "raftgres_reader", "")) {
            return String.join("\n", list(connection, sql));
        }
    }

    private static List<String> list(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    /** @return number and hash of the rows of each table, partition by partition of the history */
    public static Map<String, String> contents(StoreOptions options) throws SQLException {
        Map<String, String> contents = new TreeMap<>();
        for (String table : list(
                options,
                "SELECT relname FROM pg_class WHERE relnamespace = 'raftgres'::regnamespace"
                        + " AND relkind = 'r' AND relname NOT IN ('state', 'schema_version')")) {
            contents.put(
                    table,
                    ask(
                            options,
                            "SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), ''"
                                    + " ORDER BY md5(t::text))), '') FROM raftgres." + table + " t"));
        }
        contents.put(
                "state",
                ask(
                        options,
                        "SELECT format('%s %s %s %s %s %s', applied_index, applied_term, revision,"
                                + " compacted_revision, hash, clock_millis) FROM raftgres.state"));
        contents.put(
                "bounds",
                ask(
                        options,
                        "SELECT c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid) FROM"
                                + " pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent ="
                                + " 'raftgres.kv_history'::regclass ORDER BY 1"));
        return contents;
    }

    /** @return everything that the catalog says of the schema but its partitions' names and the rows */
    public static List<String> structure(StoreOptions options) throws SQLException {
        List<String> all = new ArrayList<>();
        for (String sql : List.of(
                "SELECT format('%s %s %s %s %s', relname, relkind, relpersistence, reloptions, relacl) FROM pg_class"
                        + " WHERE relnamespace = 'raftgres'::regnamespace ORDER BY 1",
                "SELECT format('%s.%s %s %s %s %s %s %s', attrelid::regclass, attname, attnum, format_type(atttypid,"
                        + " atttypmod), attnotnull, attstorage, attcompression, pg_get_expr(adbin, adrelid)) FROM"
                        + " pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid"
                        + " IN (SELECT oid FROM pg_class WHERE relnamespace = 'raftgres'::regnamespace) AND attnum > 0"
                        + " ORDER BY attrelid::regclass::text, attnum",
                "SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"
                        + " WHERE connamespace = 'raftgres'::regnamespace ORDER BY 1",
                "SELECT pg_get_indexdef(indexrelid) || indisunique || indisprimary || indisvalid FROM pg_index WHERE"
                        + " indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'raftgres'::regnamespace)"
                        + " ORDER BY 1",
                "SELECT pg_get_viewdef(oid) FROM pg_class WHERE relnamespace = 'raftgres'::regnamespace AND relkind"
                        + " = 'v' ORDER BY 1",
                "SELECT pg_get_functiondef(oid) || coalesce(proacl::text, '') FROM pg_proc WHERE pronamespace ="
                        + " 'raftgres'::regnamespace ORDER BY 1",
                "SELECT format('%s %s', pg_describe_object(classoid, objoid, objsubid), description) FROM"
                        + " pg_description WHERE pg_describe_object(classoid, objoid, objsubid) ~ 'raftgres'"
                        + " ORDER BY 1",
                "SELECT format('%s %s %s', nspname, nspacl, nspowner::regrole) FROM pg_namespace WHERE nspname"
                        + " = 'raftgres'",
                "SELECT format('%s %s', defaclobjtype, defaclacl) FROM pg_default_acl WHERE defaclnamespace ="
                        + " 'raftgres'::regnamespace ORDER BY 1",
                "SELECT format('%s %s %s %s %s %s %s', installed_rank, version, description, type, script, checksum,"
                        + " success) FROM raftgres.schema_version ORDER BY 1")) {
            all.addAll(list(options, sql));
        }
        return all;
    }

    /** A store and the model that it follows, to be used by one thread. */
    public static final class Modelled {
        private final StoreModel model;

        public Modelled(long seed, int keys) {
            model = new StoreModel(seed, keys);
        }

        public void write(Store store, int batches) {
            for (int n = 0; n < batches; n++) {
                store.write(model.next());
            }
        }

        public AppliedBatch next() {
            return model.next();
        }

        /** A batch that puts keys of some bytes, which nothing compresses. */
        public void put(Store store, int rows, int valueBytes) {
            int first = model.changes.size();
            model.revision++;
            for (int n = 0; n < rows; n++) {
                byte[] value = new byte[valueBytes];
                new java.util.Random(model.revision * 31 + n).nextBytes(value);
                model.put(Key.of("/large/%06d".formatted(n)), value);
            }
            store.write(model.batchOf(first));
        }

        /** A batch that only changes the members, of a cluster whose version has been raised. */
        public void members(Store store, Membership membership) {
            model.revision++;
            AppliedBatch plain = model.batchOf(model.changes.size());
            store.write(new AppliedBatch(
                    plain.index(),
                    plain.term(),
                    plain.revision(),
                    plain.compactedRevision(),
                    plain.hash(),
                    plain.clockMillis(),
                    plain.changes(),
                    plain.tokens(),
                    plain.tokensExpiredMillis(),
                    membership,
                    List.of(),
                    List.of(),
                    1));
        }

        public void assertSame(Store store) {
            TestStores.assertSameRows(model.rows.values(), new TreeMap<>(store.get(model.rows.keySet())).values());
            Scrub scrub = store.scrub();
            org.junit.jupiter.api.Assertions.assertEquals(model.hash, scrub.kept());
            org.junit.jupiter.api.Assertions.assertEquals(model.hash, scrub.recomputed());
            org.junit.jupiter.api.Assertions.assertEquals(
                    model.index, store.state().appliedIndex());
        }

        public long index() {
            return model.index;
        }

        public long revision() {
            return model.revision;
        }

        public int rowsAt(long revision) {
            return model.at(revision).size();
        }

        public List<Row> rows() {
            return List.copyOf(model.rows.values());
        }
    }
}
