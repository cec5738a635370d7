package io.raftgres.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.resource.Names;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Alerts see a cluster of which no node is left, and none that was deleted. */
class ConditionMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ConditionMetrics metrics = new ConditionMetrics();

    ConditionMetricsTest() {
        metrics.registry = registry;
    }

    @Test
    void aConditionIsOneWhenTrueAndZeroOtherwise() {
        for (String status : List.of("True", "False", "Unknown")) {
            metrics.show(new Names("n", "c"), List.of(condition(status)));
            assertEquals(status.equals("True") ? 1 : 0, value());
        }
    }

    @Test
    void aClusterThatIsGoneHasNoSeries() {
        metrics.show(new Names("n", "c"), List.of(condition("True")));
        metrics.show(new Names("n", "d"), List.of(condition("True")));
        metrics.forget(new Names("n", "d"));
        metrics.forget(new Names("n", "e"));
        assertEquals(1, registry.getMeters().size());
        assertEquals(1, value());
    }

    private double value() {
        return registry.get("raftgres.operator.condition")
                .tags("namespace", "n", "raftgres_io_cluster", "c", "type", "QuorumAvailable")
                .gauge()
                .value();
    }

    private static Condition condition(String status) {
        return new ConditionBuilder()
                .withType("QuorumAvailable")
                .withStatus(status)
                .build();
    }
}
