package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Watches see every change once and in order. The ring drops only changes that PostgreSQL has. */
class EventRingTest {

    private static Change change(String key, long revision) {
        return new Change(revision, null, new Row(Key.of(key), new byte[100], revision, revision, 1, 0));
    }

    @Test
    void readsByRangeInWholeRevisions() {
        EventRing ring = new EventRing(1, 1 << 20);
        ring.append(List.of(change("a", 2), change("b", 3), change("c", 3)), 0);
        ring.append(List.of(change("a", 4)), 0);
        EventRing.Slice all = ring.read(KeyRange.EVERYTHING, 2, 2);
        assertEquals(3, all.changes().size(), "a revision is never split");
        assertEquals(3, all.revision());
        EventRing.Slice some = ring.read(KeyRange.single(Key.of("b")), 2, 100);
        assertEquals(1, some.changes().size());
        assertEquals(4, some.revision());
    }

    @Test
    void onlyFlushedEventsAreForgotten() {
        EventRing ring = new EventRing(1, 10_000);
        for (long revision = 2; revision <= 2_000; revision++) {
            ring.append(List.of(change("k", revision)), Math.min(revision, 500));
        }
        assertEquals(501, ring.firstRevision());
        assertNull(ring.read(KeyRange.EVERYTHING, 500, 10));
        List<Change> changes =
                new ArrayList<>(ring.read(KeyRange.EVERYTHING, 501, 10_000).changes());
        assertEquals(1_500, changes.size());
        for (int i = 0; i < changes.size(); i++) {
            assertEquals(501 + i, changes.get(i).revision());
        }
    }

    @Test
    void refusesAGap() {
        EventRing ring = new EventRing(1, 10_000);
        assertThrows(IllegalStateException.class, () -> ring.append(List.of(change("k", 3)), 0));
    }

    @Test
    void wakesAWaitingReader() throws InterruptedException {
        EventRing ring = new EventRing(1, 10_000);
        assertFalse(ring.awaitAbove(1, TimeUnit.MILLISECONDS.toNanos(1)));
        Thread writer = Thread.ofVirtual().start(() -> ring.append(List.of(change("k", 2)), 0));
        assertTrue(ring.awaitAbove(1, TimeUnit.SECONDS.toNanos(30)));
        writer.join();
    }
}
