package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyValueMachine;
import io.raftgres.node.kv.Leases;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** After a start the node loads the existing rows into memory: all of them, or as many as fit. */
@Timeout(120)
class CachePreloadTest {

    private static final int ROWS = 1_234;

    @TempDir
    Path directory;

    private final List<Throwable> failures = new ArrayList<>();

    /** PostgreSQL gets no new rows here. */
    private static final class NoSink implements StoreSink {
        @Override
        public void submit(AppliedBatch batch) {}

        @Override
        public void awaitStored(long index) {}

        @Override
        public long flushedIndex() {
            return Long.MAX_VALUE;
        }

        @Override
        public long flushedRevision() {
            return Long.MAX_VALUE;
        }
    }

    private static Row row(int i) {
        return new Row(Key.of("k" + i), Integer.toString(i).getBytes(), 2, 2, 1, 0);
    }

    private static void fill(Store store) {
        store.bind(1, 1);
        RowHash rowHash = new RowHash();
        long hash = 0;
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            changes.add(new Change(2, null, row(i)));
            hash = rowHash.apply(hash, changes.getLast());
        }
        store.write(TestBatches.of(1, 1, 2, 0, hash, 1, changes, new byte[0], 0));
    }

    private Applier applier(Store store, RowCache cache) {
        StoreState stored = store.state();
        MachineState state = stored.toMachine();
        KeyValueMachine machine =
                new KeyValueMachine(state, cache, store, new Leases(), new AuthStore(AuthState.EMPTY));
        Applier applier = new Applier(
                "test",
                machine,
                cache,
                new EventRing(stored.revision(), 1 << 20),
                new NoSink(),
                new Checkpoints(),
                index -> {},
                () -> {},
                failures::add);
        applier.start();
        return applier;
    }

    @Test
    void preloadKnowsAllRowsThatFitAndTheAbsenceOfOthers() throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.start(directory);
                Store store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()))) {
            fill(store);
            RowCache cache = new RowCache(1 << 20);
            try (Applier applier = applier(store, cache)) {
                new CachePreload(store, applier, 1).start();
                while (!cache.isWhole()) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                for (int i = 0; i < ROWS; i++) {
                    assertEquals(row(i), cache.find(Key.of("k" + i)).row());
                }
                assertNull(cache.find(Key.of("other")).row());
            }
        }
        assertEquals(List.of(), failures);
    }

    @Test
    void preloadStopsWhenTheCacheIsFull() throws Exception {
        try (EmbeddedPostgres postgres = TestPostgres.start(directory);
                Store store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()))) {
            fill(store);
            RowCache cache = new RowCache(100 * row(1).sizeBytes());
            try (Applier applier = applier(store, cache)) {
                new CachePreload(store, applier, 1).start();
                while (applier.preloaded(List.of(), 1).get()) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                applier.allPreloaded();
                assertFalse(applier.preloaded(List.of(), 1).get());
                assertFalse(cache.isWhole());
                assertTrue(cache.sizeBytes() <= 100 * row(1).sizeBytes());
            }
        }
        assertEquals(List.of(), failures);
    }
}
