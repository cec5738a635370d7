package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.query.RowQueries;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SQL as raftgres_reader, without a password: it reads all data, and can change nothing. */
@Timeout(180)
class ViewsTest {

    @TempDir
    static Path temp;

    private static EmbeddedPostgres postgres;
    private static Store store;
    private static StoreModel model;

    @BeforeAll
    static void fill() throws Exception {
        postgres = TestPostgres.start(temp);
        store = Store.open(
                new StoreOptions(postgres.jdbcUrl(), postgres.user(), postgres.password(), 30_000, 2, 2, 40));
        store.bind(0xABCD, 0x12);
        model = new StoreModel(5, 30);
        int first = 0;
        model.revision++;
        model.put(Key.of("/greeting"), "gr\u00FC\u00DFe".getBytes(StandardCharsets.UTF_8));
        model.put(Key.of("/binary"), new byte[] {(byte) 0xFE, 0});
        store.write(model.batchOf(first));
        for (int n = 0; n < 40; n++) {
            store.write(model.next());
        }
    }

    @AfterAll
    static void stop() {
        store.close();
        postgres.close();
    }

    private static Connection reader() throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), "raftgres_reader", "");
    }

    private static String ask(String sql) throws SQLException {
        try (Connection connection = reader();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            return result.next() ? result.getString(1) : null;
        }
    }

    @Test
    void readableText() throws SQLException {
        assertEquals("gr\u00FC\u00DFe", ask("SELECT value FROM kv_text WHERE key = '/greeting'"));
        assertEquals("\\xfe00", ask("SELECT value FROM raftgres.kv_text WHERE key = '/binary'"));
        assertEquals(Integer.toString(model.rows.size()), ask("SELECT count(*) FROM kv"));
        assertEquals(Long.toString(store.state().revision()), ask("SELECT revision FROM status"));
        assertEquals("abcd", ask("SELECT cluster_id FROM status"));
        assertTrue(ask("SELECT obj_description('raftgres.kv'::regclass)").startsWith("The live keys"));
        assertTrue(Long.parseLong(ask("SELECT count(*) FROM history")) > 0);
        assertTrue(ask("EXPLAIN SELECT * FROM kv WHERE key = 'a'").contains("Append"));
    }

    /** PostgreSQL 15 and 16 end a parallel query in which a function begins a block of exceptions. */
    @Test
    void functionsWithABlockOfExceptionsAreNotRunInParallel() throws SQLException {
        assertEquals(
                "0",
                ask("SELECT count(*) FROM pg_proc WHERE pronamespace = 'raftgres'::regnamespace"
                        + " AND prosrc LIKE '%EXCEPTION%WHEN%' AND proparallel <> 'u'"));
    }

    @Test
    void theReaderChangesNothing() {
        for (String sql : new String[] {
            "DELETE FROM raftgres.kv_short",
            "UPDATE raftgres.state SET revision = 7",
            "DROP VIEW raftgres.kv",
            "INSERT INTO raftgres.tokens VALUES (1, 1, '')",
            "CREATE TABLE raftgres.mine (x int)",
            "CREATE TABLE public.mine (x int)",
            "TRUNCATE raftgres.kv_history",
            "SELECT pg_read_file('PG_VERSION')",
            "CREATE SCHEMA mine",
            "COPY raftgres.kv_short TO PROGRAM 'true'",
            "COPY raftgres.kv_short TO '/tmp/x'",
        }) {
            assertRefused(sql);
        }
    }

    /** Privileges that PostgreSQL itself grants to PUBLIC. */
    private static final String[] EVERYBODYS = {
        "CREATE TEMPORARY TABLE mine (x int)",
        "SELECT 1 AS x INTO TEMPORARY mine",
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_put(1, 0, 'x')",
        "SELECT lo_unlink(1)",
        "SELECT lowrite(1, 'x')",
        "SELECT lo_truncate(1, 1)",
        "SELECT lo_truncate64(1, 1)",
        "SELECT pg_advisory_lock(8241990055571841392)",
        "SELECT pg_try_advisory_xact_lock_shared(1, 2)",
        "SELECT pg_notify('a', 'b')",
        "SELECT pg_logical_emit_message(false, 'a', 'b')",
        "SELECT txid_current()",
        "SELECT pg_current_xact_id()",
    };

    @Test
    void readerLacksTheGrantsToPublic() {
        for (String sql : EVERYBODYS) {
            assertRefused(sql);
        }
    }

    /** As in the data of an older build: the next start revokes them. */
    @Test
    void grantsOfOlderReleasesAreRevoked() throws Exception {
        try (Connection owner = DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                Statement statement = owner.createStatement()) {
            statement.execute("GRANT TEMPORARY ON DATABASE raftgres TO PUBLIC");
            statement.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
            statement.execute("GRANT EXECUTE ON FUNCTION lo_create(oid) TO raftgres_reader");
        }
        try (Connection connection = reader();
                Statement statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            statement.execute("CREATE TEMPORARY TABLE mine (x int)");
            statement.execute("SELECT lo_create(0)");
        }
        Store.open(new StoreOptions(postgres.jdbcUrl(), postgres.user(), postgres.password(), 30_000, 2, 2, 40))
                .close();
        assertRefused("CREATE TEMPORARY TABLE mine (x int)");
        assertRefused("SELECT lo_create(0)");
        assertRefused("CREATE TABLE public.mine (x int)");
    }

    private static void assertRefused(String sql) {
        SQLException refused = assertThrows(
                SQLException.class,
                () -> {
                    try (Connection connection = reader();
                            Statement statement = connection.createStatement()) {
                        statement.execute("SET default_transaction_read_only = off");
                        statement.execute(sql);
                    }
                },
                sql);
        assertEquals("42501", refused.getSQLState(), sql + ": " + refused.getMessage());
    }

    @Test
    void theReaderSeesPartitionsMadeLater() throws SQLException {
        assertTrue(Long.parseLong(ask("SELECT count(*) FROM pg_inherits WHERE inhparent" + " = 'kv_history'::regclass"))
                > 1);
        assertEquals(
                "t",
                ask("SELECT bool_and(has_table_privilege(inhrelid, 'SELECT')) FROM pg_inherits"
                        + " WHERE inhparent = 'kv_history'::regclass"));
    }

    @Test
    void kvAtEqualsTheModelAtRandomRevisions() throws SQLException {
        Random random = new Random(6);
        for (int n = 0; n < 40; n++) {
            long revision = n == 0 ? 1 : n == 1 ? model.revision : 1 + random.nextLong(model.revision);
            TreeMap<Key, Row> found = new TreeMap<>();
            try (Connection connection = reader();
                    PreparedStatement statement = connection.prepareStatement("SELECT key, create_revision,"
                            + " mod_revision, version, lease, value FROM raftgres.kv_at(?)")) {
                statement.setLong(1, revision);
                try (ResultSet result = statement.executeQuery()) {
                    while (result.next()) {
                        Row row = RowQueries.row(result);
                        found.put(row.key(), row);
                    }
                }
            }
            TestStores.assertSameRows(model.at(revision).values(), found.values());
        }
        SQLException future = assertThrows(SQLException.class, () -> ask("SELECT count(*) FROM kv_at(1000000)"));
        assertTrue(future.getMessage().contains("in the future"), future.getMessage());
    }

    @Test
    void waitForWaitsForARevision() throws Exception {
        assertEquals(Long.toString(store.state().revision()), ask("SELECT wait_for(1)"));
        SQLException timeout = assertThrows(SQLException.class, () -> ask("SELECT wait_for(1000000, '50 ms')"));
        assertTrue(timeout.getMessage().contains("not yet 1000000"), timeout.getMessage());
        StoreState now = store.state();
        CompletableFuture<String> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return ask("SELECT wait_for(" + (now.revision() + 1) + ")");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        store.write(TestBatches.of(
                now.appliedIndex() + 1,
                now.appliedTerm(),
                now.revision() + 1,
                0,
                now.hash(),
                now.clockMillis(),
                List.of(),
                new byte[0],
                0));
        assertEquals(Long.toString(now.revision() + 1), waiting.get(20, TimeUnit.SECONDS));
    }
}
