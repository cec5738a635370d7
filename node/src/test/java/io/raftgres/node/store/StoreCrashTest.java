package io.raftgres.node.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSet;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.history.HistoryPartitions;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.write.StoreRewoundException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * PostgreSQL is killed at any moment. In the end each batch is there exactly once, and no read has returned older rows.
 */
@Timeout(300)
class StoreCrashTest {

    private static final int KILLS = 5;
    private static final long SEED = 20_261;

    @TempDir
    Path temp;

    /**
     * Writes as the node does: the same batches again when PostgreSQL became unavailable, older ones when it says so.
     */
    private static final class Replayer {
        private final Store store;
        private final StoreModel model;
        private int written;
        private int rewinds;
        private int retries;

        Replayer(Store store, StoreModel model) {
            this.store = store;
            this.model = model;
        }

        /** @return once all of the model's batches are written */
        void catchUp(Random random) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            while (written < model.batches.size()) {
                assertTrue(System.nanoTime() < deadline, "not caught up within 120 s");
                int end = Math.min(model.batches.size(), written + 1 + random.nextInt(4));
                List<AppliedBatch> next = List.copyOf(model.batches.subList(written, end));
                attempt(() -> {
                    store.write(next);
                    written = end;
                });
            }
            boolean[] sure = new boolean[1];
            while (!sure[0]) {
                assertTrue(System.nanoTime() < deadline, "not sure within 120 s");
                attempt(() -> {
                    store.check();
                    sure[0] = written == model.batches.size();
                });
                if (written < model.batches.size()) {
                    catchUp(random);
                    return;
                }
            }
        }

        private void attempt(Runnable step) throws InterruptedException {
            try {
                step.run();
            } catch (StoreRewoundException e) {
                rewinds++;
                written = 0;
                while (written < model.batches.size()
                        && model.batches.get(written).index() <= e.appliedIndex()) {
                    written++;
                }
                long last = written == 0 ? 0 : model.batches.get(written - 1).index();
                assertEquals(last, e.appliedIndex(), "only whole transactions may be missing");
            } catch (StoreUnavailableException e) {
                retries++;
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
    }

    @Test
    void replaysExactlyOnceHoweverOftenPostgresIsKilled() throws Exception {
        StoreModel model = new StoreModel(SEED, 80);
        Random random = new Random(SEED);
        try (EmbeddedPostgres postgres = TestPostgres.start(temp);
                Store store = Store.open(new StoreOptions(
                        postgres.jdbcUrl(), postgres.user(), postgres.password(), 30_000, 2, 2, 100))) {
            store.bind(1, 2);
            Replayer replayer = new Replayer(store, model);
            for (int kill = 0; kill < KILLS; kill++) {
                long victim = postgres.pid();
                int before = random.nextInt(20);
                for (int n = 0; n < 40; n++) {
                    if (n == before) {
                        Thread.ofVirtual()
                                .start(() -> ProcessHandle.of(victim).ifPresent(ProcessHandle::destroyForcibly));
                    }
                    model.next();
                    replayer.catchUp(random);
                    assertTrue(store.flushedIndex() <= model.index);
                }
                TestStores.await(
                        "another server",
                        () -> postgres.pid() != victim && postgres.state() == EmbeddedPostgres.State.READY);
                replayer.catchUp(random);
                assertReadsAreCurrent(store, model);
            }
            System.out.println("seed " + SEED + ": " + KILLS + " kills, " + replayer.rewinds + " rewinds, "
                    + replayer.retries + " retries");
            assertTrue(replayer.retries > 0, "the kills were not noticed");
        }
    }

    private static void assertReadsAreCurrent(Store store, StoreModel model) throws InterruptedException {
        List<Row> found = new ArrayList<>();
        boolean[] done = new boolean[1];
        TestStores.await("a read", () -> {
            try {
                TestStores.assertSameState(model, store);
                TestStores.assertSameRows(model.rows.values(), new TreeMap<>(store.get(model.keys())).values());
                found.clear();
                store.range(KeyRange.EVERYTHING, Selection.ALL, false, new RangeSink() {
                    @Override
                    public void revision(long current) {
                        assertEquals(model.revision, current);
                    }

                    @Override
                    public boolean row(Row row) {
                        return found.add(row);
                    }
                });
                done[0] = true;
            } catch (StoreUnavailableException e) {
                // The pools find their dead connections one by one.
            }
            return done[0];
        });
        TestStores.assertSameRows(model.rows.values(), found);
        assertTrue(store.scrub().agrees());
    }

    /**
     * The whole server is killed while partitions are dropped and made: nothing that can be read is missing, nothing
     * that is to go stays, and the compacted revision never falls below what is gone.
     */
    @Test
    void compactionSurvivesKills() throws Exception {
        StoreModel model = new StoreModel(SEED + 1, 40);
        Random random = new Random(SEED + 1);
        try (EmbeddedPostgres postgres = TestPostgres.start(temp);
                Store store = Store.open(
                        new StoreOptions(postgres.jdbcUrl(), postgres.user(), postgres.password(), 30_000, 2, 2, 20))) {
            store.bind(1, 2);
            store.startDropping();
            Replayer replayer = new Replayer(store, model);
            for (int kill = 0; kill < KILLS; kill++) {
                long victim = postgres.pid();
                for (int n = 0; n < 60; n++) {
                    model.next();
                    if (random.nextInt(4) == 0) {
                        long oldest = model.revision - random.nextInt(100);
                        model.compactedRevision = Math.max(model.compactedRevision, oldest);
                    }
                    replayer.catchUp(random);
                }
                killAll(postgres);
                TestStores.await(
                        "another server",
                        () -> postgres.pid() != victim && postgres.state() == EmbeddedPostgres.State.READY);
                replayer.catchUp(random);
                assertHistoryIsWhole(store, model);
            }
            assertReadsAreCurrent(store, model);
            model.next();
            replayer.catchUp(random);
            TestStores.await("all that is compacted dropped", () -> {
                try (Connection connection = TestStores.connect(postgres)) {
                    return HistoryPartitions.list(connection).stream()
                            .allMatch(partition -> partition.to() > model.compactedRevision);
                } catch (SQLException e) {
                    return false;
                }
            });
            assertHistoryIsWhole(store, model);
            System.out.println("seed " + (SEED + 1) + ": " + KILLS + " kills, " + replayer.rewinds + " rewinds, "
                    + store.history().dropped() + " partitions dropped");
            assertTrue(store.history().dropped() > KILLS);
        }
    }

    private static void assertHistoryIsWhole(Store store, StoreModel model) throws InterruptedException {
        long from = Math.max(1, model.batches.getLast().compactedRevision());
        List<Change> found = new ArrayList<>();
        boolean[] done = new boolean[1];
        TestStores.await("a read of the past", () -> {
            try {
                found.clear();
                assertEquals(model.revision, store.events(KeyRange.EVERYTHING, from, 0, 1_000_000, found::add));
                done[0] = true;
            } catch (StoreUnavailableException e) {
                // The pools find their dead connections one by one.
            }
            return done[0];
        });
        assertEquals(
                model.changes.stream()
                        .filter(change -> change.revision() >= from)
                        .count(),
                found.size());
    }

    /**
     * The whole server is killed, every process of it, right after unflushed commits: they are gone, reads refuse to
     * answer from the past, and the writer learns from where to replay.
     */
    @Test
    void readsRefuseAPostgresThatLostWrites() throws Exception {
        StoreModel model = new StoreModel(7, 40);
        try (EmbeddedPostgres postgres = TestPostgres.start(temp);
                Store store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()))) {
            for (int n = 0; n < 5; n++) {
                store.write(model.next());
            }
            TestStores.await("flushed", () -> store.flushedIndex() == model.index);
            StoreRewoundException rewound = null;
            for (int attempt = 0; attempt < 20 && rewound == null; attempt++) {
                long flushed = model.index;
                for (int n = 0; n < 5; n++) {
                    store.write(model.next());
                }
                killAll(postgres);
                rewound = checkUntilAnswered(store, model, flushed);
                if (rewound == null) {
                    TestStores.await("flushed", () -> store.flushedIndex() == model.index);
                }
            }
            assertNotNull(rewound, "no crash lost anything in 20 attempts");
            long from = rewound.appliedIndex();
            store.write(
                    model.batches.stream().filter(batch -> batch.index() > from).toList());
            assertReadsAreCurrent(store, model);
        }
    }

    private static StoreRewoundException checkUntilAnswered(Store store, StoreModel model, long flushed)
            throws InterruptedException {
        StoreState[] found = new StoreState[1];
        TestStores.await("PostgreSQL again", () -> {
            try {
                found[0] = store.state();
                return true;
            } catch (StoreUnavailableException e) {
                return false;
            }
        });
        assertTrue(found[0].appliedIndex() >= flushed, "what was flushed is there");
        if (found[0].appliedIndex() == model.index) {
            return null;
        }
        assertThrows(StoreUnavailableException.class, () -> store.get(model.keys()));
        assertThrows(
                StoreUnavailableException.class, () -> store.outlines(new RowSet.InRange(KeyRange.EVERYTHING), 1, 0));
        StoreRewoundException[] rewound = new StoreRewoundException[1];
        TestStores.await("the rewind noticed", () -> {
            try {
                store.check();
            } catch (StoreUnavailableException e) {
                return false;
            } catch (StoreRewoundException e) {
                rewound[0] = e;
            }
            return rewound[0] != null;
        });
        assertEquals(found[0].appliedIndex(), rewound[0].appliedIndex());
        return rewound[0];
    }

    private static void killAll(EmbeddedPostgres postgres) throws InterruptedException {
        long victim = postgres.pid();
        ProcessHandle postmaster = ProcessHandle.of(victim).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>(postmaster.descendants().toList());
        all.addFirst(postmaster);
        all.forEach(ProcessHandle::destroyForcibly);
        TestStores.await(
                "another server", () -> postgres.pid() != victim && postgres.state() == EmbeddedPostgres.State.READY);
    }
}
