package io.raftgres.node.store.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreModel;
import io.raftgres.node.store.TestStores;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Compacted history is dropped, readable history stays, and no transaction waits for that. */
@Timeout(180)
class HistoryDropperTest {

    private static final long WIDTH = 50;

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

    private static StoreOptions freshOptions(String database) throws SQLException {
        try (Connection connection = TestStores.connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return options(database, WIDTH);
    }

    private static StoreOptions options(String database, long width) {
        String url = postgres.jdbcUrl().replaceAll("/[^/]*$", "/" + database);
        return new StoreOptions(url, postgres.user(), postgres.password(), 10_000, 2, 4, width);
    }

    private static Connection connect(StoreOptions options) throws SQLException {
        return DriverManager.getConnection(options.jdbcUrl(), options.user(), options.password());
    }

    private static void writeUpTo(Store store, StoreModel model, long revision) {
        while (model.revision < revision) {
            store.write(model.next());
        }
    }

    private static void compact(Store store, StoreModel model, long revision) {
        model.compactedRevision = revision;
        store.write(model.next());
    }

    private static List<Row> rangeAt(Store store, long revision) {
        return rangeAt(store, revision, () -> {});
    }

    /** @param begun runs when the stream has its snapshot and has read nothing yet */
    private static List<Row> rangeAt(Store store, long revision, Runnable begun) {
        List<Row> rows = new ArrayList<>();
        store.range(KeyRange.EVERYTHING, Selection.of(0, revision, false), false, new RangeSink() {
            @Override
            public void revision(long current) {
                begun.run();
            }

            @Override
            public boolean row(Row row) {
                return rows.add(row);
            }
        });
        return rows;
    }

    private static List<HistoryPartitions.Partition> partitions(StoreOptions options) {
        try (Connection connection = connect(options)) {
            return HistoryPartitions.list(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long tables(StoreOptions options) {
        return Long.parseLong(ask(
                options, "SELECT count(*) FROM pg_class WHERE relkind = 'r'" + " AND relname ~ '^kv_history_[0-9]+$'"));
    }

    private static String ask(StoreOptions options, String sql) {
        try (Connection connection = connect(options);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            return result.next() ? result.getString(1) : null;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitDropped(StoreOptions options, long compacted) throws InterruptedException {
        TestStores.await(
                "all below " + compacted + " dropped",
                () -> partitions(options).stream().allMatch(partition -> partition.to() > compacted)
                        && tables(options) == partitions(options).size());
    }

    private static void assertReadable(Store store, StoreModel model, long revision) {
        TestStores.assertSameRows(model.at(revision).values(), rangeAt(store, revision));
        List<Change> events = new ArrayList<>();
        for (long next = revision; next <= model.revision; ) {
            next = store.events(KeyRange.EVERYTHING, next, 0, 1_000, events::add) + 1;
        }
        assertEquals(
                model.changes.stream()
                        .filter(change -> change.revision() >= revision)
                        .count(),
                events.size(),
                "changes from " + revision + " on");
    }

    /**
     * Around a bound, one revision after the other: the last one that keeps the partition, and the first that does not.
     */
    @Test
    void dropsAPartitionExactlyWhenNothingNeedsIt() throws Exception {
        StoreOptions options = freshOptions("boundary");
        StoreModel model = new StoreModel(81, 30);
        try (Store store = Store.open(options)) {
            store.startDropping();
            writeUpTo(store, model, 4 * WIDTH + 10);
            for (long bound = WIDTH; bound <= 3 * WIDTH; bound += WIDTH) {
                long last = bound - 1;
                assertFalse(HistoryDropper.isDroppable(
                        new HistoryPartitions.Partition("", bound - WIDTH, bound, false), last));
                compact(store, model, last);
                long kept = partitions(options).stream()
                        .filter(p -> p.to() == last + 1)
                        .count();
                assertEquals(1, kept, "a watch from " + last + " needs what ended then");
                assertReadable(store, model, last);
                compact(store, model, bound);
                awaitDropped(options, bound);
                assertReadable(store, model, bound);
                assertReadable(store, model, bound + 1);
                long below = last;
                ServiceException.Compacted refused =
                        assertThrows(ServiceException.Compacted.class, () -> rangeAt(store, below));
                assertEquals(bound, refused.compactedRevision());
                assertThrows(
                        ServiceException.Compacted.class,
                        () -> store.events(KeyRange.EVERYTHING, below, 0, 10, change -> {}));
            }
            TestStores.await("figures", () -> store.history().dropped() == 3);
            assertEquals(partitions(options).size(), store.history().partitions());
            assertTrue(store.history().bytes() > 0);
        }
    }

    @Test
    void allPartitionsMayBeDroppedWhileWritesContinue() throws Exception {
        StoreOptions options = freshOptions("everything");
        StoreModel model = new StoreModel(82, 30);
        try (Store store = Store.open(options)) {
            store.startDropping();
            for (int round = 0; round < 4; round++) {
                writeUpTo(store, model, model.revision + 5 * WIDTH + round * 7);
                compact(store, model, model.revision);
                awaitDropped(options, model.compactedRevision);
                assertReadable(store, model, model.compactedRevision);
            }
            long end = model.revision;
            writeUpTo(store, model, end + 3 * WIDTH);
            assertReadable(store, model, end);
            assertTrue(store.scrub().agrees());
        }
        assertTrue(partitions(options).size() <= 9, partitions(options).toString());
    }

    /** Also the compaction of a store whose partitions are wider than those it makes now. */
    @Test
    void widerPartitionsOfBeforeAreDroppedToo() throws Exception {
        freshOptions("wider");
        StoreModel model = new StoreModel(83, 30);
        StoreOptions wide = options("wider", 4 * WIDTH);
        try (Store store = Store.open(wide)) {
            writeUpTo(store, model, 5 * WIDTH);
        }
        StoreOptions options = options("wider", WIDTH);
        try (Store store = Store.open(options)) {
            store.startDropping();
            writeUpTo(store, model, 30 * WIDTH);
            List<Long> widths =
                    partitions(options).stream().map(p -> p.to() - p.from()).toList();
            assertEquals(4 * WIDTH, widths.getFirst());
            assertEquals(WIDTH, widths.getLast());
            compact(store, model, 8 * WIDTH + 1);
            awaitDropped(options, 8 * WIDTH + 1);
            assertReadable(store, model, 8 * WIDTH + 1);
            assertEquals(8 * WIDTH, partitions(options).getFirst().from());
            writeUpTo(store, model, 33 * WIDTH);
            assertReadable(store, model, 8 * WIDTH + 1);
        }
    }

    /** A long history has wider partitions, so that there are never very many. */
    @Test
    void aLongHistoryHasWiderPartitions() throws Exception {
        freshOptions("long_one");
        StoreOptions options = options("long_one", 1);
        StoreModel model = new StoreModel(84, 10);
        try (Store store = Store.open(options)) {
            writeUpTo(store, model, 700);
            assertReadable(store, model, 1);
        }
        List<HistoryPartitions.Partition> all = partitions(options);
        assertTrue(all.size() <= 3 * HistoryPartitions.SAME_WIDTH_MAX, all.size() + " partitions");
        assertEquals(8, all.getLast().to() - all.getLast().from());
        for (int i = 1; i < all.size(); i++) {
            assertTrue(all.get(i - 1).to() <= all.get(i).from(), all.toString());
        }
    }

    /** The node dies while the first of two steps of a drop waits for a reader; the next start finishes it. */
    @Test
    void halfDetachedPartitionIsFinishedAfterACrash() throws Exception {
        StoreOptions options = freshOptions("half");
        StoreModel model = new StoreModel(85, 30);
        try (Connection reader = connect(options);
                Statement statement = reader.createStatement()) {
            try (Store store = Store.open(options)) {
                writeUpTo(store, model, 6 * WIDTH);
                reader.setAutoCommit(false);
                try (ResultSet result = statement.executeQuery("SELECT count(*) FROM raftgres.kv_history")) {
                    assertTrue(result.next());
                }
                store.startDropping();
                compact(store, model, 3 * WIDTH);
                TestStores.await(
                        "a partition half detached",
                        () -> partitions(options).getFirst().pending());
                // The reader's transaction blocks the drop, and not the writer's new partitions.
                writeUpTo(store, model, 10 * WIDTH);
                assertReadable(store, model, 3 * WIDTH);
            }
            assertTrue(partitions(options).getFirst().pending());
            reader.commit();
        }
        try (Connection connection = connect(options);
                Statement statement = connection.createStatement();
                Store store = Store.open(options)) {
            // And one that was taken out, and not dropped.
            statement.execute("ALTER TABLE raftgres.kv_history DETACH PARTITION raftgres.kv_history_0 FINALIZE");
            statement.execute("ALTER TABLE raftgres.kv_history DETACH PARTITION raftgres.kv_history_50 CONCURRENTLY");
            store.startDropping();
            awaitDropped(options, 3 * WIDTH);
            assertReadable(store, model, 3 * WIDTH);
        }
    }

    /**
     * A stream has looked which revision is compacted and has not opened the history yet: nothing may vanish in
     * between.
     */
    @Test
    void aStreamThatHasBegunKeepsItsRows() throws Exception {
        StoreOptions options = freshOptions("streams");
        StoreModel model = new StoreModel(86, 30);
        try (Store store = Store.open(options)) {
            store.startDropping();
            writeUpTo(store, model, 6 * WIDTH);
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            CompletableFuture<List<Row>> stream = CompletableFuture.supplyAsync(() -> rangeAt(store, WIDTH, () -> {
                begun.countDown();
                await(goOn);
            }));
            await(begun);
            compact(store, model, 5 * WIDTH);
            TestStores.await(
                    "the drop has begun", () -> partitions(options).getFirst().pending());
            assertThrows(ServiceException.Compacted.class, () -> rangeAt(store, WIDTH));
            assertReadable(store, model, 5 * WIDTH);
            writeUpTo(store, model, 9 * WIDTH);
            goOn.countDown();
            TestStores.assertSameRows(model.at(WIDTH).values(), stream.get(30, TimeUnit.SECONDS));
            awaitDropped(options, 5 * WIDTH);
            assertReadable(store, model, 5 * WIDTH);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SQL in a snapshot from before the compaction: an error, never fewer rows. */
    @Test
    void sqlInAnOldSnapshotCannotReadDroppedHistory() throws Exception {
        StoreOptions options = freshOptions("old_snapshot");
        StoreModel model = new StoreModel(87, 30);
        try (Store store = Store.open(options);
                Connection old = connect(options);
                Statement statement = old.createStatement()) {
            store.startDropping();
            writeUpTo(store, model, 6 * WIDTH);
            statement.execute("SET ROLE raftgres_reader");
            old.setAutoCommit(false);
            old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.executeQuery("SELECT revision FROM raftgres.status").close();
            compact(store, model, 5 * WIDTH);
            awaitDropped(options, 5 * WIDTH);
            try (ResultSet result = statement.executeQuery("SELECT count(*) FROM raftgres.kv_at(" + 5 * WIDTH + ")")) {
                assertTrue(result.next());
                assertEquals(model.at(5 * WIDTH).size(), result.getInt(1));
            }
            assertCompacted(statement, WIDTH, 5 * WIDTH);
            old.rollback();
            assertCompacted(statement, 5 * WIDTH - 1, 5 * WIDTH);
        }
    }

    private static void assertCompacted(Statement statement, long revision, long compacted) {
        SQLException refused = assertThrows(
                SQLException.class,
                () -> statement.executeQuery("SELECT count(*) FROM raftgres.kv_at(" + revision + ")"));
        assertTrue(refused.getMessage().contains("the oldest that can be read is " + compacted), refused.getMessage());
        assertEquals("72000", refused.getSQLState());
    }
}
