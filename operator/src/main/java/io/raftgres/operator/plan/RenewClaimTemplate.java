package io.raftgres.operator.plan;

import io.raftgres.operator.model.SetView;
import java.util.Optional;

/**
 * Recreates the StatefulSet with larger claim templates, once all claims that can grow have grown. Kubernetes does not
 * allow a change of the claim templates, so the StatefulSet is deleted without its pods and created again.
 *
 * <p>Before: claims of 20 GiB, a claim template of 10 GiB. After: a new set of the same pods, with 20 GiB.
 */
final class RenewClaimTemplate implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        SetView set = seen.observed().set().orElseThrow();
        boolean smaller = set.dataBytes() < seen.wanted().dataBytes()
                || set.logBytes().orElse(0)
                        < (set.logBytes().isPresent() ? seen.wanted().logBytes().orElse(0) : 0);
        boolean settled = seen.replicas() == seen.wanted().replicas()
                && seen.claims().stream()
                        .allMatch(claim -> claim.terminating()
                                || !claim.canGrow()
                                || claim.bytes() >= GrowClaims.wanted(seen, claim));
        // Deleted, it could not be created again.
        boolean refused =
                seen.observed().refused().stream().anyMatch(it -> it.kind().equals("StatefulSet"));
        return smaller && settled && !refused
                ? Optional.of(new Step.RecreateSet(set.uid(), "new claims are to have the size in the spec"))
                : Optional.empty();
    }
}
