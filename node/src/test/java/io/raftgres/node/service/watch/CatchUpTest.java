package io.raftgres.node.service.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The part of the history that a watch far behind makes PostgreSQL read is in proportion to the events that it gets.
 */
@Timeout(180)
class CatchUpTest {

    private static final long REVISIONS = 200_000;
    private static final long BYTES_AT_ONCE = 2L << 20;

    /** Counts the revisions that PostgreSQL would have to sort. */
    private static final class Counted implements WatchHistory {
        private final byte[] value;
        private final int keys;
        private final AtomicLong looked = new AtomicLong();
        private final AtomicInteger reads = new AtomicInteger();

        Counted(int valueBytes, int keys) {
            value = new byte[valueBytes];
            this.keys = keys;
        }

        @Override
        public long read(KeyRange range, long from, long until, int maxChanges, Consumer<Change> sink) {
            reads.incrementAndGet();
            looked.addAndGet(until - from + 1);
            long bytes = 0;
            for (long revision = from; revision <= until; revision++) {
                Key key = Key.of("k" + revision % keys);
                if (range.contains(key)) {
                    sink.accept(new Change(revision, null, new Row(key, value, revision, revision, 1, 0)));
                    bytes += value.length;
                    if (bytes >= BYTES_AT_ONCE) {
                        return revision;
                    }
                }
            }
            return until;
        }
    }

    private static List<Long> watch(Counted history, KeyRange range) {
        List<Long> seen = new ArrayList<>();
        // The ring begins above all of it.
        try (WatchHub hub = new WatchHub(new EventRing(REVISIONS, 1 << 20), history, () -> 0)) {
            WatchFeed feed = hub.open(() -> {});
            feed.add(new Watcher(new WatchSpec(range, 1, true, true)));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            while (seen.isEmpty() || hub.watchesBehind() > 0) {
                Delivery delivery = feed.poll();
                if (delivery instanceof Delivery.Changes changes) {
                    changes.changes().forEach(change -> seen.add(change.revision()));
                } else if (delivery == null) {
                    LockSupport.parkNanos(50_000);
                }
                assertTrue(System.nanoTime() < deadline && feed.failure() == null, "not within 120 s");
            }
            for (Delivery left = feed.poll(); left != null; left = feed.poll()) {
                if (left instanceof Delivery.Changes changes) {
                    changes.changes().forEach(change -> seen.add(change.revision()));
                }
            }
        }
        return seen;
    }

    @Test
    void denseHistoryIsScannedAboutOnce() {
        // 210 revisions are what is taken at once.
        Counted history = new Counted(10_000, 1);
        List<Long> seen = watch(history, KeyRange.EVERYTHING);
        assertEquals(REVISIONS, seen.size());
        // What finds the buffer full is read again; without a window it would be 480 times as many.
        assertTrue(history.looked.get() <= 24L * REVISIONS, history.looked + " revisions looked at");
    }

    @Test
    void sparseHistoryTakesFewReads() {
        Counted history = new Counted(10, 100_000);
        watch(history, KeyRange.single(Key.of("k7")));
        assertTrue(history.reads.get() <= 12, history.reads + " reads");
        assertTrue(history.looked.get() <= 2 * REVISIONS, history.looked + " revisions looked at");
    }
}
