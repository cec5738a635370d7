package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hashes that members compare, and maintenance that administrators request. */
@Timeout(180)
class StoreMaintenanceTest {

    private static final long WIDTH = 20;

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

    private static StoreOptions fresh(String database, long width) throws SQLException {
        try (Connection connection = TestStores.connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return new StoreOptions(
                postgres.jdbcUrl().replaceAll("/[^/]*$", "/" + database),
                postgres.user(),
                postgres.password(),
                10_000,
                2,
                4,
                width);
    }

    /** One is ahead, has other partitions and has dropped what is compacted; the other has all of it. */
    @Test
    void hashAtARevisionDependsOnThatRevisionOnly() throws Exception {
        StoreModel model = new StoreModel(91, 30);
        try (Store ahead = Store.open(fresh("ahead", WIDTH));
                Store behind = Store.open(fresh("behind", 1_000))) {
            ahead.bind(1, 1);
            behind.bind(1, 2);
            ahead.startDropping();
            while (model.revision < 6 * WIDTH) {
                AppliedBatch batch = model.next();
                ahead.write(batch);
                behind.write(batch);
            }
            model.compactedRevision = 3 * WIDTH + 7;
            AppliedBatch compaction = model.next();
            ahead.write(compaction);
            behind.write(compaction);
            TestStores.await("partitions dropped", () -> ahead.history().dropped() > 0);
            long shared = model.revision;
            while (model.revision < 9 * WIDTH) {
                ahead.write(model.next());
            }
            Set<Long> hashes = new HashSet<>();
            for (long revision = model.compactedRevision; revision <= shared; revision++) {
                StoreMaintenance.RevisionHash hash = behind.maintenance().hash(revision);
                assertEquals(hash.hash(), ahead.maintenance().hash(revision).hash(), "revision " + revision);
                assertEquals(model.compactedRevision, hash.compactedRevision());
                hashes.add(hash.hash());
            }
            // Some revisions of the model change nothing.
            assertTrue(hashes.size() > (shared - model.compactedRevision) / 2, hashes.size() + " hashes");
            assertEquals(shared, behind.maintenance().hash(0).revision());
            assertThrows(
                    ServiceException.Compacted.class, () -> behind.maintenance().hash(model.compactedRevision - 1));
            assertThrows(
                    ServiceException.FutureRevision.class,
                    () -> behind.maintenance().hash(shared + 1));
        }
    }

    @Test
    void aCompactionAtTheRevisionLeavesTheHashAsItWas() throws Exception {
        Row row = new Row(Key.of("a"), new byte[] {1}, 2, 2, 1, 0);
        try (Store store = Store.open(fresh("compacted", WIDTH))) {
            store.bind(1, 1);
            store.startDropping();
            store.write(TestBatches.of(1, 1, 2, 0, 0, 0, List.of(new Change(2, null, row)), new byte[0], 0));
            store.write(TestBatches.of(2, 1, 3, 0, 0, 0, List.of(new Change(3, row, null)), new byte[0], 0));
            long put = store.maintenance().hash(2).hash();
            long deleted = store.maintenance().hash(3).hash();
            assertNotEquals(put, deleted);
            assertNotEquals(0, deleted);
            store.write(TestBatches.of(3, 1, 3, 3, 0, 0, List.of(), new byte[0], 0));
            assertEquals(deleted, store.maintenance().hash(3).hash());
            store.maintenance().vacuum();
            StoreMaintenance.RevisionHash after = store.maintenance().hash(3);
            assertEquals(deleted, after.hash());
            assertEquals(3, after.compactedRevision());
        }
    }

    @Test
    void aValueThatRottedShows() throws Exception {
        StoreModel model = new StoreModel(92, 30);
        StoreOptions options = fresh("rotted", WIDTH);
        try (Store store = Store.open(options)) {
            store.bind(1, 1);
            for (int i = 0; i < 20; i++) {
                store.write(model.next());
            }
            long before = store.maintenance().hash(0).hash();
            try (Connection there = Sessions.plain(options, "test").getConnection();
                    Statement statement = there.createStatement()) {
                statement.execute("UPDATE raftgres.kv_short SET value = value || '\\x00' WHERE key ="
                        + " (SELECT min(key) FROM raftgres.kv_short)");
            }
            assertNotEquals(before, store.maintenance().hash(0).hash());
        }
    }

    @Test
    void theSizeIsKnownAndAVacuumRuns() throws Exception {
        StoreModel model = new StoreModel(93, 30);
        try (Store store = Store.open(fresh("size", WIDTH))) {
            store.bind(1, 1);
            for (int i = 0; i < 50; i++) {
                store.write(model.next());
            }
            store.maintenance().vacuum();
            StoreMaintenance.Size size = store.maintenance().size();
            assertTrue(size.inUse() > 0 && size.inUse() <= size.bytes() && size.bytes() < 100 << 20, size.toString());
        }
    }
}
