package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The budget that a drain respects. */
class DisruptionBudgetsTest {

    @Test
    void aClusterOfOneVoterHasNoBudgetThatBlocksADrain() {
        assertEquals(Optional.empty(), DisruptionBudgets.build(plain(), 1));
    }

    /** With one of two voters the quorum would go. */
    @Test
    void aDrainTakesOneVoterOfThreeAndNoneOfTwo() {
        assertEquals(1, evictable(3));
        assertEquals(1, evictable(4));
        assertEquals(1, evictable(9));
        assertEquals(0, evictable(2));
    }

    private static int evictable(int voters) {
        return DisruptionBudgets.build(plain(), voters)
                .orElseThrow()
                .getSpec()
                .getMaxUnavailable()
                .getIntVal();
    }
}
