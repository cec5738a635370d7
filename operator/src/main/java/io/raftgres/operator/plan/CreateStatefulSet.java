package io.raftgres.operator.plan;

import io.raftgres.operator.model.Observed;
import java.util.Optional;

/**
 * Creates a missing StatefulSet: the cluster is new, was deleted and applied again, or its StatefulSet is being
 * recreated. It gets as many replicas as there are pods and claims, because it would delete pods above its replicas.
 *
 * <p>Before: 3 claims and no StatefulSet. After: a StatefulSet with 3 replicas.
 */
final class CreateStatefulSet implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        Observed observed = seen.observed();
        if (observed.set().isPresent()) {
            return Optional.empty();
        }
        boolean none = seen.wanted().hibernated() || observed.recovering().isPresent();
        if (observed.pods().isEmpty() && none) {
            return Optional.of(new Step.CreateSet(0, "it does not exist; no pods are to run yet"));
        }
        return RestoreReplicas.missing(seen)
                .map(Rule::stuck)
                .orElseGet(() -> Optional.of(new Step.CreateSet(RestoreReplicas.replicas(seen), "it does not exist")));
    }

    @Override
    public boolean isGate() {
        return true;
    }
}
