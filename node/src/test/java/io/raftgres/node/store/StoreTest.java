package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSet;
import io.raftgres.node.kv.RowSource;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** At every revision the store has the same content as a plain model in memory. */
@Timeout(180)
class StoreTest {

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

    /** A store of its own for each test: a database of its own in the one server. Small partitions, to cross many. */
    private static StoreOptions freshOptions(String database) throws SQLException {
        try (Connection connection = TestStores.connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        String url = postgres.jdbcUrl().replaceAll("/[^/]*$", "/" + database);
        return new StoreOptions(url, postgres.user(), postgres.password(), 10_000, 2, 2, 50);
    }

    private static List<Row> range(Store store, KeyRange range, long limit, long revision, boolean keysOnly) {
        List<Row> rows = new ArrayList<>();
        store.range(range, Selection.of(limit, revision, keysOnly), false, new RangeSink() {
            @Override
            public void revision(long current) {
                assertTrue(rows.isEmpty());
            }

            @Override
            public boolean row(Row row) {
                return rows.add(row);
            }
        });
        return rows;
    }

    @Test
    void equalsTheModelAtEveryRevision() throws Exception {
        StoreModel model = new StoreModel(11, 60);
        Random random = new Random(12);
        try (Store store = Store.open(freshOptions("equal"))) {
            assertEquals(new StoreState(0, 0, 1, 0, 0, 0), store.state());
            assertEquals(List.of(), range(store, KeyRange.EVERYTHING, 0, 0, false));
            for (int round = 0; round < 40; round++) {
                List<AppliedBatch> batches = new ArrayList<>();
                for (int n = random.nextInt(4); n >= 0; n--) {
                    batches.add(model.next());
                }
                store.write(batches);
                TestStores.assertSameState(model, store);
                Map<Key, Row> found = store.get(model.keys());
                TestStores.assertSameRows(model.rows.values(), new TreeMap<>(found).values());
                for (int n = 0; n < 5; n++) {
                    KeyRange range = model.randomRange();
                    int limit = 1 + random.nextInt(20);
                    TestStores.assertSameRows(
                            StoreModel.in(range, model.rows).stream()
                                    .limit(limit)
                                    .toList(),
                            store.toDelete(new RowSet.InRange(range), limit, 0).stream()
                                    .map(Outline::row)
                                    .toList());
                    long revision = 1 + random.nextLong(model.revision);
                    List<Row> then = StoreModel.in(range, model.at(revision));
                    TestStores.assertSameRows(then, range(store, range, 0, revision, false));
                    TestStores.assertSameRows(then.stream().limit(3).toList(), range(store, range, 3, revision, false));
                    TestStores.assertSameRows(StoreModel.in(range, model.rows), range(store, range, 0, 0, false));
                }
            }
            assertTrue(store.scrub().agrees());
            List<Row> keysOnly = range(store, KeyRange.EVERYTHING, 0, 0, true);
            assertEquals(
                    model.rows.keySet().stream().toList(),
                    keysOnly.stream().map(Row::key).toList());
            assertTrue(keysOnly.stream().allMatch(row -> row.value().length == 0));
        }
    }

    @Test
    void getsAsManyRowsAsMemoryIsToHold() throws Exception {
        StoreModel model = new StoreModel(41, 40);
        List<Key> keys = new ArrayList<>();
        try (Store store = Store.open(freshOptions("many_bytes"))) {
            for (int i = 0; i < 40; i++) {
                keys.add(Key.of(("l".repeat(i < 3 ? 3_000 : 1)) + i));
                model.revision++;
                int first = model.changes.size();
                model.put(keys.getLast(), new byte[1 << 20]);
                store.write(model.batchOf(first));
            }
            List<Key> left = new ArrayList<>(keys);
            int queries = 0;
            while (!left.isEmpty()) {
                Map<Key, Row> found = store.get(left);
                assertEquals(left.size(), found.size());
                long bytes = found.values().stream()
                        .filter(Objects::nonNull)
                        .mapToLong(row -> row.value().length)
                        .sum();
                assertTrue(bytes > 0 && bytes <= RowSource.MAX_FETCH_BYTES + (4 << 20), bytes + " bytes");
                left.removeIf(key -> found.get(key) != null);
                queries++;
            }
            assertEquals(2, queries);
        }
    }

    @Test
    void givesPastChangesInWholeRevisions() throws Exception {
        StoreModel model = new StoreModel(21, 40);
        Random random = new Random(22);
        try (Store store = Store.open(freshOptions("events"))) {
            for (int n = 0; n < 80; n++) {
                store.write(model.next());
            }
            for (int round = 0; round < 60; round++) {
                KeyRange range = model.randomRange();
                long from = 1 + random.nextLong(model.revision);
                long to = random.nextInt(3) == 0 ? 0 : from + random.nextLong(model.revision - from + 1);
                int pageChanges = 1 + random.nextInt(30);
                List<Change> found = new ArrayList<>();
                long last = to == 0 ? model.revision : to;
                for (long next = from; next <= last; ) {
                    int before = found.size();
                    long complete = store.events(range, next, to, pageChanges, found::add);
                    assertTrue(complete >= next && complete <= last, next + " to " + complete);
                    List<Change> page = found.subList(before, found.size());
                    long start = next;
                    assertTrue(page.stream().allMatch(c -> c.revision() >= start && c.revision() <= complete));
                    next = complete + 1;
                }
                assertEquals(describe(range, model.changes, from, last), describe(range, found, from, last));
            }
        }
    }

    /** Within a revision by key; a key's own changes stay in their order. */
    private static List<String> describe(KeyRange range, List<Change> changes, long from, long to) {
        return changes.stream()
                .filter(change -> change.revision() >= from && change.revision() <= to && range.contains(change.key()))
                .sorted((a, b) -> a.revision() != b.revision()
                        ? Long.compare(a.revision(), b.revision())
                        : a.key().compareTo(b.key()))
                .map(change -> change.revision() + " " + TestStores.describe(change.before()) + " -> "
                        + TestStores.describe(change.after()))
                .toList();
    }

    @Test
    void keepsTheLargestValueAndTheEmptyOne() throws Exception {
        StoreModel model = new StoreModel(31, 12);
        byte[] large = new byte[3 << 19];
        new Random(32).nextBytes(large);
        try (Store store = Store.open(freshOptions("large"))) {
            List<Key> hostile = StoreModel.hostileKeys();
            for (int round = 0; round < 3; round++) {
                int first = model.changes.size();
                for (Key key : hostile) {
                    model.revision++;
                    model.put(key, round == 1 ? new byte[0] : large);
                }
                store.write(model.batchOf(first));
            }
            TestStores.assertSameState(model, store);
            Map<Key, Row> found = store.get(hostile);
            assertEquals(hostile.size(), found.size());
            assertTrue(found.values().stream().allMatch(row -> Arrays.equals(large, row.value())));
            TestStores.assertSameRows(model.rows.values(), range(store, KeyRange.EVERYTHING, 0, 0, false));
            assertTrue(range(store, KeyRange.EVERYTHING, 0, model.revision - hostile.size(), false).stream()
                    .allMatch(row -> row.value().length == 0));
            assertTrue(store.scrub().agrees());
        }
    }

    @Test
    void refusesCompactedAndFutureRevisions() throws Exception {
        StoreModel model = new StoreModel(41, 20);
        try (Store store = Store.open(freshOptions("refuse"))) {
            for (int n = 0; n < 20; n++) {
                store.write(model.next());
            }
            AppliedBatch last = model.next();
            long compacted = model.revision / 2;
            store.write(TestBatches.of(
                    last.index(),
                    last.term(),
                    last.revision(),
                    compacted,
                    last.hash(),
                    last.clockMillis(),
                    last.changes(),
                    last.tokens(),
                    0));
            ServiceException.Compacted refused = assertThrows(
                    ServiceException.Compacted.class, () -> range(store, KeyRange.EVERYTHING, 0, compacted - 1, false));
            assertEquals(compacted, refused.compactedRevision());
            TestStores.assertSameRows(
                    model.at(compacted).values(), range(store, KeyRange.EVERYTHING, 0, compacted, false));
            assertThrows(
                    ServiceException.FutureRevision.class,
                    () -> range(store, KeyRange.EVERYTHING, 0, model.revision + 1, false));
            assertThrows(
                    ServiceException.Compacted.class,
                    () -> store.events(KeyRange.EVERYTHING, compacted - 1, 0, 10, change -> {}));
            assertEquals(model.revision, store.events(KeyRange.EVERYTHING, model.revision + 1, 0, 10, change -> {}));
        }
    }

    @Test
    void belongsToOneMember() throws Exception {
        StoreOptions options = freshOptions("bound");
        try (Store store = Store.open(options)) {
            store.bind(0xC1, 1);
            store.bind(0xC1, 1);
            IllegalStateException refused = assertThrows(IllegalStateException.class, () -> store.bind(0xC1, 2));
            assertTrue(refused.getMessage().contains("member 1 of cluster c1"), refused.getMessage());
        }
        try (Store store = Store.open(options)) {
            assertThrows(IllegalStateException.class, () -> store.bind(0xC2, 1));
            store.bind(0xC1, 1);
        }
    }

    @Test
    void refusesRowsThatAreNotThoseOfTheLog() throws Exception {
        StoreModel model = new StoreModel(51, 20);
        StoreOptions options = freshOptions("tampered");
        try (Store store = Store.open(options);
                Connection connection =
                        DriverManager.getConnection(options.jdbcUrl(), options.user(), options.password());
                Statement statement = connection.createStatement()) {
            model.revision++;
            model.put(Key.of("changed"));
            store.write(model.batchOf(0));
            assertEquals(1, statement.executeUpdate("UPDATE raftgres.kv_short SET mod_revision = mod_revision + 1"));
            assertFalse(store.scrub().agrees());
            model.revision++;
            model.put(Key.of("changed"));
            AppliedBatch batch = model.batchOf(1);
            assertThrows(StoreDamagedException.class, () -> store.write(batch));
            assertEquals(1, store.state().appliedIndex());
            statement.executeUpdate("UPDATE raftgres.kv_short SET mod_revision = mod_revision - 1");
            store.write(batch);
            TestStores.assertSameState(model, store);
            assertThrows(IllegalStateException.class, () -> store.write(batch));
        }
    }

    @Test
    void refusesASchemaOfANewerProgram() throws Exception {
        StoreOptions options = freshOptions("newer");
        Store.open(options).close();
        recordMigration(options, 98, "compatible later");
        recordMigration(options, 99, "later");
        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> Store.open(options));
        assertTrue(refused.getMessage().contains("version 99"), refused.getMessage());
    }

    /** A release may follow a later one with the same major and minor number. */
    @Test
    void worksWithASchemaThatNewerProgramsHaveChangedCompatibly() throws Exception {
        StoreOptions options = freshOptions("compatible");
        StoreModel model = new StoreModel(8, 10);
        AppliedBatch batch = model.next();
        try (Store store = Store.open(options)) {
            store.write(batch);
        }
        recordMigration(options, 98, "compatible later");
        recordMigration(options, 99, "compatible");
        IllegalStateException refused = assertThrows(IllegalStateException.class, () -> Store.open(options));
        assertTrue(refused.getMessage().contains("version 99"), refused.getMessage());
        SnapshotStores.execute(options, "DELETE FROM raftgres.schema_version WHERE version = '99'");
        try (Store store = Store.open(options)) {
            TestStores.assertSameState(model, store);
            store.write(model.next());
            TestStores.assertSameState(model, store);
        }
    }

    private static void recordMigration(StoreOptions options, int version, String description) throws Exception {
        SnapshotStores.execute(
                options,
                "INSERT INTO raftgres.schema_version SELECT " + (version + 1) + ", '" + version + "', '" + description
                        + "', 'SQL', 'V" + version + "__later.sql', 1, 'x', now(), 1, true");
    }

    @Test
    void keepsTokensUntilTheyExpire() throws Exception {
        try (Store store = Store.open(freshOptions("tokens"))) {
            for (long i = 1; i <= 10; i++) {
                byte[] tokens = i % 3 == 0
                        ? new byte[0]
                        : ByteBuffer.allocate(8).putLong(i).array();
                store.write(TestBatches.of(i, 1, 1, 0, 0, i * 2_000, List.of(), tokens, i == 10 ? 8_000 : 0));
            }
            assertEquals(List.of(4L, 5L, 7L, 8L, 10L), tokens(store, 0));
            assertEquals(List.of(7L, 8L, 10L), tokens(store, 14_000));
        }
    }

    @Test
    void keepsTheClustersVersion() throws Exception {
        StoreOptions options = freshOptions("version");
        try (Store store = Store.open(options)) {
            assertEquals(0, store.state().clusterVersion());
            store.write(new AppliedBatch(1, 1, 1, 0, 0, 0, List.of(), new byte[0], 0, null, List.of(), List.of(), 1));
        }
        try (Store store = Store.open(options)) {
            assertEquals(1, store.state().clusterVersion());
            assertEquals(1, store.state().toMachine().clusterVersion());
        }
    }

    private static List<Long> tokens(Store store, long sinceMillis) {
        List<Long> found = new ArrayList<>();
        store.loadTokens(sinceMillis, bytes -> found.add(ByteBuffer.wrap(bytes).getLong()));
        return found;
    }

    @Test
    void storeLearnsTheFlushedIndex() throws Exception {
        StoreModel model = new StoreModel(61, 20);
        try (Store store = Store.open(freshOptions("flushed"))) {
            for (int n = 0; n < 50; n++) {
                store.write(model.next());
                assertTrue(store.flushedIndex() <= model.index);
            }
            TestStores.await("the last index flushed", () -> store.flushedIndex() == model.index);
        }
    }

    @Test
    void unavailablePostgresIsReported() throws Exception {
        StoreOptions nobody = new StoreOptions(
                "jdbc:postgresql://127.0.0.1:" + TestPostgres.freePort() + "/x", "x", "x", 200, 1, 1, 50);
        assertThrows(StoreUnavailableException.class, () -> Store.open(nobody));
        try (Store store = Store.open(freshOptions("there"))) {
            assertTrue(store.available());
        }
    }

    @Test
    void keepsHistoryInPartitions() throws Exception {
        StoreOptions options = freshOptions("partitions");
        StoreModel model = new StoreModel(71, 20);
        try (Store store = Store.open(options)) {
            while (model.revision < 320) {
                store.write(model.next());
            }
        }
        try (Connection connection =
                        DriverManager.getConnection(options.jdbcUrl(), options.user(), options.password());
                Statement statement = connection.createStatement();
                var result = statement.executeQuery("SELECT inhrelid::regclass::text FROM pg_inherits"
                        + " WHERE inhparent = 'raftgres.kv_history'::regclass ORDER BY 1")) {
            List<String> names = new ArrayList<>();
            while (result.next()) {
                names.add(result.getString(1));
            }
            assertTrue(names.size() >= 7, names.toString());
            assertEquals(
                    names.size(), names.stream().collect(Collectors.toSet()).size());
        }
    }

    @Test
    void keysOfALeaseAreReadWithoutTheirValues() throws Exception {
        try (Store store = Store.open(freshOptions("lease_keys"))) {
            store.bind(1, 1);
            List<Change> changes = new ArrayList<>();
            List<Key> keys = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Key key = Key.of((i % 4 == 0 ? "long".repeat(600) : "k") + (10 + i));
                keys.add(key);
                changes.add(new Change(2, null, new Row(key, new byte[1 << 20], 2, 2, 1, 7)));
            }
            store.write(TestBatches.of(1, 1, 2, 0, 0, 1, changes, new byte[0], 0));
            long[] held = new long[1];
            assertEquals(keys.stream().sorted().toList(), store.keysOf(7, 1_000, bytes -> held[0] += bytes));
            assertTrue(held[0] < 200_000, "held " + held[0]);
            assertEquals(keys.stream().sorted().limit(5).toList(), store.keysOf(7, 5, bytes -> {}));
            assertEquals(List.of(), store.keysOf(8, 5, bytes -> {}));
        }
    }

    /** A transaction with as many ranges as allowed, of all rows each, ends when it holds the maximum. */
    @Test
    void readingTransactionReportsTheBytesItHolds() throws Exception {
        try (Store store = Store.open(freshOptions("txn_held"))) {
            store.bind(1, 1);
            List<Change> changes = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                changes.add(new Change(2, null, new Row(Key.of("k" + i), new byte[100_000], 2, 2, 1, 0)));
            }
            store.write(TestBatches.of(1, 1, 2, 0, 0, 1, changes, new byte[0], 0));
            Op[] ranges = new Op[128];
            Arrays.fill(ranges, new Op.Get(KeyRange.EVERYTHING, Selection.ALL));
            Request request = new Request(null, List.of(), List.of(ranges), List.of());
            long[] held = new long[1];
            assertThrows(
                    ServiceException.Overloaded.class,
                    () -> store.read(2, request, bytes -> {
                        held[0] += bytes;
                        if (held[0] > 5_000_000) {
                            throw new ServiceException.Overloaded("too much", 1);
                        }
                    }));
            assertTrue(held[0] < 5_200_000, "held " + held[0]);
            // The connection is as good as before.
            assertEquals(128, store.read(2, request, bytes -> {}).results().size());
        }
    }
}
