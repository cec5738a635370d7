package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Optional;

/** Builds the budget that a drain respects. */
public final class DisruptionBudgets {

    private DisruptionBudgets() {}

    /**
     * Lets a drain evict one member at a time, and none of two voters: both are needed for a quorum. A cluster of one
     * voter has no budget: its machine could never be drained.
     *
     * @param voters number of voters that the cluster has, which is not that of the spec while it scales
     */
    public static Optional<PodDisruptionBudget> build(RaftCluster cluster, int voters) {
        if (voters <= 1) {
            return Optional.empty();
        }
        Names names = Names.of(cluster);
        return Optional.of(new PodDisruptionBudgetBuilder()
                .withMetadata(names.metadata(names.cluster(), cluster))
                .withNewSpec()
                .withNewMaxUnavailable(voters == 2 ? 0 : 1)
                // A pod that does not run may always be evicted. A pod that runs and is not ready may be evicted only
                // while the others are ready as the budget asks. Of two voters it is never evicted: it may still vote.
                .withUnhealthyPodEvictionPolicy("IfHealthyBudget")
                .withNewSelector()
                .withMatchLabels(names.selector())
                .endSelector()
                .endSpec()
                .build());
    }
}
