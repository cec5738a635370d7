package io.raftgres.node.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Compaction discards never more than allowed, not much less, and in few steps. */
class HistoryRetentionTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void retentionByCountMovesInSteps() {
        HistoryRetention retention = new HistoryRetention(10_000_000, Duration.ZERO);
        assertEquals(0, retention.next(0, 10_000_000, 0));
        assertEquals(0, retention.next(0, 10_099_999, 0));
        assertEquals(100_000, retention.next(0, 10_100_000, 0));
        assertEquals(0, retention.next(0, 10_199_999, 100_000));
        assertEquals(200_001, retention.next(0, 10_200_001, 1), "an administrator compacts less in between");
        assertEquals(0, retention.next(0, 10_200_001, 9_000_000), "or more");
        HistoryRetention few = new HistoryRetention(5, Duration.ZERO);
        assertEquals(1, few.next(0, 6, 0));
        assertEquals(0, few.next(0, 6, 1));
    }

    @Test
    void withoutLimitsAllHistoryIsKept() {
        assertTrue(new HistoryRetention(0, Duration.ZERO).keepsAll());
        assertEquals(0, new HistoryRetention(0, Duration.ZERO).next(0, Long.MAX_VALUE, 0));
        assertThrows(IllegalArgumentException.class, () -> new HistoryRetention(-1, Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> new HistoryRetention(1, Duration.ofSeconds(-1)));
    }

    @Test
    void retentionByTimeKeepsTheRevisionCurrentThen() {
        HistoryRetention retention = new HistoryRetention(0, Duration.ofSeconds(100));
        assertEquals(0, retention.next(0, 50, 0));
        assertEquals(0, retention.next(99 * SECOND, 70, 0), "what was there at the start is as young as the start");
        assertEquals(50, retention.next(100 * SECOND, 71, 0));
        assertEquals(0, retention.next(101 * SECOND, 71, 50));
        assertEquals(70, retention.next(199 * SECOND, 71, 50));
        assertEquals(0, retention.next(300 * SECOND, 71, 71), "nothing new");
    }

    /** All history of the configured time is readable at any moment, and little older history. */
    @Test
    void retentionByTimeNeverExceedsTheLimit() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        long kept = 60 * SECOND;
        HistoryRetention retention = new HistoryRetention(0, Duration.ofNanos(kept));
        TreeMap<Long, Long> revisionAt = new TreeMap<>();
        long nanos = -5 * SECOND;
        long revision = 1;
        long compacted = 0;
        int compactions = 0;
        long began = nanos;
        for (int tick = 0; tick < 20_000; tick++) {
            nanos += SECOND / 2 + random.nextLong(SECOND);
            revision += random.nextInt(3) == 0 ? random.nextInt(1_000) : 0;
            revisionAt.put(nanos, revision);
            long wanted = retention.next(nanos, revision, compacted);
            if (wanted > 0) {
                assertTrue(wanted > compacted && wanted <= revision, "seed " + seed);
                compacted = wanted;
                compactions++;
            }
            var then = revisionAt.floorEntry(nanos - kept);
            assertTrue(compacted <= (then == null ? 1 : then.getValue()), "too much, seed " + seed);
            if (nanos - began > 2 * kept) {
                assertTrue(
                        compacted
                                >= revisionAt
                                        .floorEntry(nanos - kept - kept / 10)
                                        .getValue(),
                        "too little, seed " + seed);
            }
        }
        assertTrue(compactions > 0, "seed " + seed);
    }

    @Test
    void bothLimitsHold() {
        HistoryRetention retention = new HistoryRetention(1_000, Duration.ofSeconds(10));
        assertEquals(0, retention.next(0, 100, 0));
        assertEquals(500, retention.next(SECOND, 1_500, 0));
        assertEquals(1_500, retention.next(11 * SECOND, 1_600, 500));
    }
}
