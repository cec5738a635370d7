package io.raftgres.node.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.SnapshotStores;
import io.raftgres.node.store.SnapshotStores.Modelled;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.StagingWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Source and receiver continue to write and read while a snapshot is read and staged. */
@Tag("long")
@Timeout(180)
class SnapshotBesideWritesTest {

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

    /** Writes batches until it is stopped. */
    private static final class Writer implements AutoCloseable {
        private final Store store;
        private final Modelled model;
        final List<AppliedBatch> written = new ArrayList<>();
        private final AtomicLong count = new AtomicLong();
        final AtomicLong slowestNanos = new AtomicLong();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Thread thread = new Thread(this::run);

        Writer(Store store, Modelled model) {
            this.store = store;
            this.model = model;
            thread.start();
        }

        private void run() {
            try {
                while (!stopped.get()) {
                    AppliedBatch batch = model.next();
                    written.add(batch);
                    long start = System.nanoTime();
                    store.write(batch);
                    count.incrementAndGet();
                    slowestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
                }
            } catch (RuntimeException | Error e) {
                failure.set(e);
            }
        }

        /** Until it has written so many, or failed. */
        void await(int batches) throws InterruptedException {
            while (failure.get() == null && count.get() < batches) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }

        @Override
        public void close() {
            stopped.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (failure.get() != null) {
                throw new AssertionError("a write failed", failure.get());
            }
        }
    }

    @Test
    void aSnapshotOfAMovingSourceIsOfOneIndex() throws Exception {
        StoreOptions from = SnapshotStores.fresh(postgres, "moving_from");
        StoreOptions to = SnapshotStores.fresh(postgres, "moving_to");
        Modelled model = new Modelled(61, 60);
        Modelled other = new Modelled(62, 60);
        SnapshotOptions slow = new SnapshotOptions(150_000, 4_096, 4, 60_000, 100, 200, 3_000, 0);
        try (Link link = new Link(temp.resolve("moving"));
                Store source = Store.open(from)) {
            source.bind(0xC1, 0xA, SnapshotStores.MEMBERS);
            model.write(source, 40);
            model.put(source, 200, 1_000);
            link.serve(1, from, slow);
            Fetched fetched;
            List<AppliedBatch> written;
            try (Writer there = new Writer(source, model);
                    Store receiver = Store.open(to)) {
                receiver.bind(0xC1, 0xB, SnapshotStores.MEMBERS);
                Writer here = new Writer(receiver, other);
                try (here;
                        SnapshotFetcher fetcher = link.receiver(to, slow, () -> List.of(1L))) {
                    fetched = Link.fetch(fetcher, 1);
                }
                other.assertSame(receiver);
                written = there.written;
                System.out.printf(
                        "%d batches at the source, the slowest %.1f ms; %d at the receiver, the slowest" + " %.1f ms%n",
                        there.written.size(),
                        there.slowestNanos.get() / 1e6,
                        here.written.size(),
                        here.slowestNanos.get() / 1e6);
            }
            StagedSnapshot.install(to, 0xC1, 0xB);
            try (Store store = Store.open(to)) {
                assertEquals(fetched.index(), store.state().appliedIndex());
                assertTrue(fetched.index() < model.index());
                store.write(written.stream()
                        .filter(batch -> batch.index() > fetched.index())
                        .toList());
                model.assertSame(store);
            }
            assertEquals(rows(from), rows(to));
        }
    }

    /** How far ahead each has made partitions depends on how it was written. */
    private static Map<String, String> rows(StoreOptions options) throws Exception {
        Map<String, String> rows = SnapshotStores.contents(options);
        rows.remove("bounds");
        rows.values().removeIf("0 "::equals);
        return rows;
    }

    /** A transaction renames the live schema for a moment: no other transaction may see it, fail, or wait for long. */
    @Test
    void creatingTheStagingSchemaDisturbsNoReader() throws Exception {
        StoreOptions options = SnapshotStores.fresh(postgres, "disturbed");
        Modelled model = new Modelled(63, 60);
        byte[] manifest = {1};
        try (Store store = Store.open(options)) {
            store.bind(1, 2);
            model.write(store, 20);
            long alone;
            try (Writer writer = new Writer(store, model)) {
                writer.await(300);
                alone = writer.slowestNanos.get();
            }
            List<Key> keys = model.rows().stream().map(Row::key).toList();
            AtomicBoolean stopped = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread reader = new Thread(() -> {
                try {
                    while (!stopped.get()) {
                        store.get(keys);
                        store.range(KeyRange.EVERYTHING, Selection.of(10, 0, false), false, new RangeSink() {
                            @Override
                            public void revision(long current) {}

                            @Override
                            public boolean row(Row row) {
                                return true;
                            }
                        });
                        assertEquals("1", SnapshotStores.ask(options, "SELECT count(*) FROM raftgres.status"));
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            int rounds = 20;
            long meanwhile;
            try (Writer writer = new Writer(store, model);
                    StagingWriter staging = StagingWriter.open(options)) {
                reader.start();
                for (int n = 0; n < rounds; n++) {
                    staging.begin(manifest, List.of());
                }
                meanwhile = writer.slowestNanos.get();
            } finally {
                stopped.set(true);
                reader.join();
            }
            System.out.printf(
                    "the slowest write alone %.1f ms, next to %d new staging schemas %.1f ms%n",
                    alone / 1e6, rounds, meanwhile / 1e6);
            assertEquals(null, failure.get());
            assertTrue(meanwhile < 2_000_000_000L, "a write took " + meanwhile / 1e6 + " ms");
        }
    }
}
