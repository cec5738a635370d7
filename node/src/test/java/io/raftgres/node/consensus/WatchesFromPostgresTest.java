package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowHash;
import io.raftgres.node.kv.TestBatches;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.TestPostgres;
import io.raftgres.node.service.watch.StoreHistory;
import io.raftgres.node.service.watch.WatchCursor;
import io.raftgres.node.service.watch.WatchHub;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changes leave the ring only when PostgreSQL can no longer lose them: watches see all of them, also while PostgreSQL
 * is killed.
 */
@Timeout(300)
class WatchesFromPostgresTest {

    private static final int BATCHES = 2_000;
    private static final int KEYS = 50;

    @TempDir
    Path directory;

    private final RowHash rowHash = new RowHash();
    private final Row[] rows = new Row[KEYS];
    private long hash;

    /** Each write is one revision; every seventh is a delete. */
    private AppliedBatch batch(long index) {
        long revision = index + 1;
        int at = (int) (index % KEYS);
        Row before = rows[at];
        Row after = before != null && index % 7 == 0
                ? null
                : new Row(
                        Key.of("k" + at),
                        Long.toString(index).getBytes(),
                        before == null ? revision : before.createRevision(),
                        revision,
                        before == null ? 1 : before.version() + 1,
                        0);
        rows[at] = after;
        Change change = new Change(revision, before, after);
        hash = rowHash.apply(hash, change);
        return TestBatches.of(index, 1, revision, 0, hash, index, List.of(change), new byte[0], 0);
    }

    @Test
    void nothingIsMissedWhenPostgresIsKilled() throws Exception {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Change> all = new ArrayList<>();
        try (EmbeddedPostgres postgres = TestPostgres.start(directory);
                Store store = Store.open(StoreOptions.of(postgres.jdbcUrl(), postgres.user(), postgres.password()))) {
            store.bind(1, 1);
            StoreWriter writer = new StoreWriter(
                    "test", store, MachineState.EMPTY, 64 << 20, () -> Long.MAX_VALUE, () -> {}, failures::add);
            EventRing ring = new EventRing(1, 0);
            try (WatchHub hub = new WatchHub(ring, new StoreHistory(writer, store, failures::add), () -> 0)) {
                writer.start();
                WatchCursor fromTheStart = new WatchCursor(hub::open, KeyRange.EVERYTHING, 0);
                WatchCursor oneKey = new WatchCursor(hub::open, KeyRange.single(Key.of("k3")), 1);
                for (long index = 1; index <= BATCHES; index++) {
                    AppliedBatch batch = batch(index);
                    all.addAll(batch.changes());
                    ring.append(batch.changes(), writer.flushedRevision());
                    writer.submit(batch);
                    if (index == BATCHES / 2) {
                        assertTrue(
                                ProcessHandle.of(postgres.pid()).orElseThrow().destroyForcibly());
                    }
                }
                assertEquals(all, read(fromTheStart, all.size()));
                List<Change> ofOneKey = all.stream()
                        .filter(change -> change.key().equals(Key.of("k3")))
                        .toList();
                assertEquals(ofOneKey, read(oneKey, ofOneKey.size()));
                // Long afterwards the watch reads everything from the history.
                WatchCursor late = new WatchCursor(hub::open, KeyRange.prefix(Key.of("k")), 2);
                assertEquals(all, read(late, all.size()));
            } finally {
                writer.close();
            }
        }
        assertEquals(List.of(), failures);
    }

    private static List<Change> read(WatchCursor cursor, int size) throws InterruptedException {
        List<Change> seen = new ArrayList<>();
        while (seen.size() < size) {
            List<Change> next = cursor.next(Duration.ofSeconds(60));
            assertFalse(next.isEmpty(), "nothing within 60 s after " + seen.size());
            seen.addAll(next);
        }
        cursor.close();
        return seen;
    }
}
