package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Optional;

/** Builds the budget that a drain respects. */
public final class DisruptionBudgets {

    private DisruptionBudgets() {}

    /**
     * Lets a drain evict one member at a time. A cluster of one member has no budget: its machine could never be
     * drained.
     */
    public static Optional<PodDisruptionBudget> build(RaftCluster cluster) {
        if (cluster.getSpec().replicas() == 1) {
            return Optional.empty();
        }
        Names names = Names.of(cluster);
        return Optional.of(new PodDisruptionBudgetBuilder()
                .withMetadata(names.metadata(names.cluster(), cluster))
                .withNewSpec()
                .withNewMaxUnavailable(1)
                // A pod that does not run counts as unavailable already, so it may always be evicted.
                .withUnhealthyPodEvictionPolicy("IfHealthyBudget")
                .withNewSelector()
                .withMatchLabels(names.selector())
                .endSelector()
                .endSpec()
                .build());
    }
}
