package io.raftgres.operator.plan;

import java.util.Optional;

/**
 * Changes nothing while the cluster is paused.
 *
 * <p>Before: spec.paused is true, and a pod is of an old revision. After: the same.
 */
final class AwaitResume implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        return seen.wanted().paused()
                ? Rule.waiting("paused: the operator changes nothing until spec.paused is false")
                : Optional.empty();
    }

    @Override
    public boolean isGate() {
        return true;
    }
}
