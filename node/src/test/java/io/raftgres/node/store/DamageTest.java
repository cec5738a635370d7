package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The node distinguishes lost, damaged or changed data from a PostgreSQL that is temporarily unavailable. */
@Timeout(120)
class DamageTest {

    @TempDir
    static Path temp;

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void startPostgres() throws Exception {
        postgres = TestPostgres.start(temp);
    }

    @AfterAll
    static void stopPostgres() {
        postgres.close();
    }

    @Test
    void damageIsDistinguishedFromTemporaryErrors() {
        for (String passes : List.of("53100", "53300", "57P01", "08006", "58030", "40001", "55P03")) {
            assertInstanceOf(StoreUnavailableException.class, SqlErrors.of("x", new SQLException("", passes)), passes);
        }
        for (String damage : List.of("XX000", "XX001", "XX002", "42P01", "3F000", "42703", "58P01", "23505", "23514")) {
            assertInstanceOf(StoreDamagedException.class, SqlErrors.of("x", new SQLException("", damage)), damage);
        }
        for (String forPeople : List.of("42501", "28P01", "3D000", "42601")) {
            assertEquals(
                    IllegalStateException.class,
                    SqlErrors.of("x", new SQLException("", forPeople)).getClass(),
                    forPeople);
        }
    }

    private static void assertDamaged(String database, String sql) throws Exception {
        StoreOptions options = SnapshotStores.fresh(postgres, database);
        StoreModel model = new StoreModel(61, 20);
        try (Store store = Store.open(options)) {
            store.bind(1, 2);
            store.write(model.batchOf(0));
            model.revision++;
            model.put(io.raftgres.node.kv.Key.of("a"), new byte[] {1});
            store.write(model.batchOf(0));
            SnapshotStores.execute(options, sql);
            int first = model.changes.size();
            model.revision++;
            model.put(io.raftgres.node.kv.Key.of("a"), new byte[] {2});
            model.put(io.raftgres.node.kv.Key.of("b"), new byte[] {2});
            assertThrows(StoreDamagedException.class, () -> store.write(model.batchOf(first)), sql);
        }
    }

    @Test
    void missingDataIsDamage() throws Exception {
        assertDamaged("gone_row", "DELETE FROM raftgres.kv_short");
        assertDamaged("gone_table", "DROP TABLE raftgres.kv_short CASCADE");
        assertDamaged("gone_schema", "DROP SCHEMA raftgres CASCADE");
        assertDamaged("in_the_way", "INSERT INTO raftgres.kv_short VALUES ('b', 1, 1, 1, 0, 'x')");
    }

    @Test
    void anEmptyServerInThePlaceOfOursIsDamage() throws Exception {
        StoreOptions options = SnapshotStores.fresh(postgres, "replaced");
        try (Store store = Store.open(options)) {
            store.bind(1, 2);
            SnapshotStores.execute(
                    options,
                    "UPDATE raftgres.state SET cluster_id = NULL, member_id = NULL;"
                            + "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'replaced'"
                            + " AND pid <> pg_backend_pid()");
            assertThrows(StoreDamagedException.class, () -> {
                for (int n = 0; n < 100; n++) {
                    try {
                        store.check();
                    } catch (StoreUnavailableException e) {
                        continue;
                    }
                }
            });
            SnapshotStores.execute(options, "UPDATE raftgres.state SET cluster_id = 1, member_id = 3");
            IllegalStateException another = assertThrows(
                    IllegalStateException.class, store::check, "another member's data is not to be replaced");
            assertEquals(
                    "the data in PostgreSQL belongs to member 3 of cluster 1, not to member 2 of cluster 1",
                    another.getMessage());
            SnapshotStores.execute(options, "DELETE FROM raftgres.state");
            assertThrows(StoreDamagedException.class, store::check);
        }
        SnapshotStores.execute(options, "DROP TABLE raftgres.schema_version");
        assertThrows(StoreDamagedException.class, () -> Store.open(options).close());
    }

    /** Bits change in a file while the server is down; the next read of the page finds them. */
    @Test
    void aDamagedPageIsDamage() throws Exception {
        Path directory = Files.createDirectory(temp.resolve("page"));
        try (EmbeddedPostgres own = TestPostgres.start(directory)) {
            StoreOptions options = SnapshotStores.options(own, 1_000);
            StoreModel model = new StoreModel(62, 50);
            try (Store store = Store.open(options)) {
                store.bind(1, 2);
                for (int n = 0; n < 20; n++) {
                    store.write(model.next());
                }
            }
            long victim = own.pid();
            SnapshotStores.execute(options, "CHECKPOINT");
            Path file = directory
                    .resolve("pg")
                    .resolve(SnapshotStores.ask(options, "SELECT pg_relation_filepath('raftgres.kv_short')"));
            ProcessHandle.of(victim).orElseThrow().destroyForcibly();
            byte[] bytes = Files.readAllBytes(file);
            Arrays.fill(bytes, 4_000, 4_100, (byte) 0x5A);
            Files.write(file, bytes);
            TestStores.await(
                    "another server", () -> own.pid() != victim && own.state() == EmbeddedPostgres.State.READY);
            try (Store store = Store.open(options)) {
                assertThrows(StoreDamagedException.class, store::scrub);
                assertThrows(
                        StoreDamagedException.class,
                        () -> store.range(KeyRange.EVERYTHING, Selection.ALL, false, new RangeSink() {
                            @Override
                            public void revision(long current) {}

                            @Override
                            public boolean row(io.raftgres.node.kv.Row row) {
                                return true;
                            }
                        }));
            }
        }
    }
}
