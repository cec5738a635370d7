package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.SetView;
import java.util.Optional;

/**
 * Recreates the StatefulSet with the claim templates of the spec, once all claims that can grow request the wanted
 * size. Kubernetes does not allow a change of the claim templates, so the StatefulSet is deleted without its pods and
 * created again.
 *
 * <p>Before: claims of 20 GiB, a claim template of 10 GiB. After: a new set of the same pods, with 20 GiB.
 */
final class RenewClaimTemplate implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        SetView set = seen.observed().set().orElseThrow();
        boolean differs = differs(seen, ClaimKind.DATA, set.dataBytes())
                || set.logBytes().isPresent()
                        && differs(seen, ClaimKind.LOG, set.logBytes().getAsLong());
        boolean settled = seen.replicas() == seen.wanted().replicas()
                && seen.claims().stream()
                        .allMatch(claim -> claim.terminating()
                                || !claim.canGrow()
                                || claim.bytes() >= GrowClaims.wanted(seen, claim));
        // Deleted, it could not be created again.
        boolean refused =
                seen.observed().refused().stream().anyMatch(it -> it.kind().equals("StatefulSet"));
        return differs && settled && !refused
                ? Optional.of(new Step.RecreateSet(set.uid(), "new claims are to have the size in the spec"))
                : Optional.empty();
    }

    /** It becomes smaller only while no claim is larger: a member's data might not fit on a new, smaller disk. */
    private static boolean differs(ClusterState seen, ClaimKind kind, long template) {
        long wanted = seen.wanted().bytes(kind).orElse(0);
        boolean larger = seen.claims().stream().anyMatch(claim -> claim.kind() == kind && claim.capacity() > wanted);
        return template < wanted || template > wanted && !larger;
    }
}
