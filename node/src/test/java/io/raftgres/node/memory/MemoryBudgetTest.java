package io.raftgres.node.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.memory.Share.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryBudgetTest {

    private static final long MIB = 1 << 20;
    /** The longest request, with its surroundings in memory. */
    private static final long REQUEST = 2 * MIB;

    @ParameterizedTest
    @ValueSource(longs = {MemoryBudget.LEAST_HEAP_BYTES / MIB, 256, 512, 1_024, 4_096, 65_536})
    void sharesAreLessThanThereIsAndEachIsWorkable(long heapMib) {
        long heap = heapMib * MIB;
        MemoryBudget budget = MemoryBudget.of(heap, heap / 2);
        long byHand = 0;
        long directByHand = 0;
        for (Share share : Share.values()) {
            long bytes = budget.bytes(share);
            byHand += share.kind() == Kind.HEAP ? bytes : 0;
            directByHand += share.kind() == Kind.DIRECT ? bytes : 0;
            assertTrue(bytes >= 3 * MIB, share + " has " + bytes);
        }
        assertEquals(byHand, budget.sum(Kind.HEAP));
        // Besides the shares: the process itself, and a quarter of the rest for the collector.
        assertTrue(byHand <= (heap - 40 * MIB) * 3 / 4, byHand + " of " + heap);
        assertTrue(byHand >= (heap - 60 * MIB) / 2, "wasted: " + byHand + " of " + heap);
        assertTrue(directByHand <= heap / 2 * 8 / 10, directByHand + " of " + heap / 2);
        // One of the longest requests goes through each share that holds any.
        for (Share share : new Share[] {Share.LOG, Share.WRITES, Share.BODIES, Share.RESPONSES, Share.KEPT}) {
            assertTrue(budget.bytes(share) >= 2 * REQUEST, share + " has " + budget.bytes(share));
        }
    }

    @Test
    void tooLittleMemoryIsRefusedWithASentence() {
        String why = assertThrows(IllegalArgumentException.class, () -> MemoryBudget.of(100 * MIB, 100 * MIB))
                .getMessage();
        assertTrue(why.contains("-Xmx") && why.contains("160 MiB"), why);
        assertThrows(IllegalArgumentException.class, () -> MemoryBudget.of(512 * MIB, 10 * MIB));
    }

    @Test
    void shareCountsHoldsAndRegisteredUse() {
        NodeMemory memory = new NodeMemory(MemoryBudget.of(512 * MIB, 256 * MIB));
        MemoryAccount bodies = memory.account(Share.BODIES);
        long limit = memory.limit(Share.BODIES);
        MemoryAccount.Hold hold = bodies.open();
        assertTrue(hold.take(limit - 10));
        assertFalse(hold.take(11), "more than there is");
        assertEquals(limit - 10, memory.used(Share.BODIES));
        hold.add(11);
        assertTrue(bodies.isFull());
        memory.register(Share.BODIES, () -> 5);
        assertEquals(limit + 6, memory.used(Share.BODIES));
        hold.close();
        hold.close();
        assertEquals(5, memory.used(Share.BODIES));
        assertEquals(0, bodies.used());
    }
}
