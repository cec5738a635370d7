package io.raftgres.operator.plan;

import java.util.Optional;

/**
 * Stops all pods and keeps the claims. A deleted claim would disappear with its pod, so that member is replaced first.
 *
 * <p>Before: 3 pods, and spec.hibernated is true. After: no pods, and their 3 claims.
 */
final class Hibernate implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        if (!seen.wanted().hibernated() || losesData(seen)) {
            return Optional.empty();
        }
        if (seen.replicas() > 0) {
            return Optional.of(new Step.SetReplicas(seen.replicas(), 0, "the cluster hibernates"));
        }
        if (!seen.observed().pods().isEmpty()) {
            return RecoverCluster.stopping(seen, "hibernating: ");
        }
        return Optional.of(new Step.Done());
    }

    private static boolean losesData(ClusterState seen) {
        return seen.pods().stream().anyMatch(seen::losesDataWhenStopped);
    }

    @Override
    public boolean isGate() {
        return true;
    }
}
