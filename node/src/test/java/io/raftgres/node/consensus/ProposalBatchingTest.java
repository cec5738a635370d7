package io.raftgres.node.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A single write does not wait, no write waits for long, and held writes are always looked at again in time. */
class ProposalBatchingTest {

    private static final long TICK = 10 * ProposalBatching.NANOS;

    private final ProposalBatching gathering = new ProposalBatching();

    /** nanoTime may begin at any value. */
    private final long start = Long.MAX_VALUE - ProposalBatching.NANOS / 2;

    @Test
    void singleClientNeverWaits() {
        long now = start;
        for (long index = 1; index < 10; index++) {
            assertFalse(gathering.holdsWrites(index - 1, now));
            gathering.proposed(index, now);
            now += ProposalBatching.NANOS / 10;
            assertFalse(gathering.holdsReads(now));
            gathering.asked(1, now);
        }
        gathering.holdsReads(now);
        gathering.holdsWrites(9, now);
        assertEquals(TICK, gathering.left(TICK, now));
    }

    @Test
    void writesWaitForTheBatchBeforeThemButNotForLong() {
        gathering.proposed(5, start);
        assertTrue(gathering.holdsWrites(4, start + 1));
        assertEquals(ProposalBatching.NANOS - 1, gathering.left(TICK, start + 1));
        assertFalse(gathering.holdsWrites(5, start + 1), "it is committed");
        assertEquals(TICK, gathering.left(TICK, start + 1));
        assertFalse(gathering.holdsWrites(4, start + ProposalBatching.NANOS), "the millisecond is over");
        assertTrue(gathering.holdsWrites(4, start + ProposalBatching.NANOS - 1));
        assertTrue(
                gathering.left(TICK, start + 3 * ProposalBatching.NANOS) <= 0, "the time ran out since it was decided");
    }

    @Test
    void aNewLeaderWaitsForNothingOfTheOldTerm() {
        gathering.proposed(5, start);
        gathering.roleChanged();
        assertFalse(gathering.holdsWrites(3, start));
    }

    @Test
    void readsWaitAfterABatchOfSeveral() {
        gathering.asked(ProposalBatching.MANY_READS - 1, start);
        assertFalse(gathering.holdsReads(start));
        gathering.asked(ProposalBatching.MANY_READS, start);
        assertTrue(gathering.holdsReads(start + 2));
        assertEquals(ProposalBatching.NANOS - 2, gathering.left(TICK, start + 2));
        assertFalse(gathering.holdsReads(start + ProposalBatching.NANOS));
        assertEquals(TICK, gathering.left(TICK, start + ProposalBatching.NANOS));
    }
}
