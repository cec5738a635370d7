package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The budget that a drain respects. */
class DisruptionBudgetsTest {

    @Test
    void aClusterOfOneHasNoBudgetThatBlocksADrain() {
        assertEquals(Optional.empty(), DisruptionBudgets.build(with("replicas: 1")));
        assertEquals(
                1,
                DisruptionBudgets.build(plain())
                        .orElseThrow()
                        .getSpec()
                        .getMaxUnavailable()
                        .getIntVal());
    }
}
