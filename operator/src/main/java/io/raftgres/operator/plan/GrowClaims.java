package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimView;
import java.util.Optional;

/**
 * Grows claims to the size in the spec. This stops no pod, and a full disk may block the later rules, so it comes
 * early. A claim never shrinks, but a growth that is not complete can be taken back.
 *
 * <p>Before: a claim of 10 GiB where 20 GiB are wanted. After: a claim of 20 GiB.
 */
final class GrowClaims implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        return seen.firstOf(
                seen.claims().stream()
                        .filter(claim -> !claim.terminating() && differs(claim, wanted(seen, claim)))
                        .toList(),
                claim -> resize(seen, claim));
    }

    private static Optional<Step> resize(ClusterState seen, ClaimView claim) {
        long wanted = wanted(seen, claim);
        return claim.canGrow()
                ? Optional.of(new Step.ResizeClaim(claim.kind(), claim.ordinal(), claim.uid(), wanted))
                : Rule.stuck("claim " + seen.name(claim) + " cannot grow to " + wanted
                        + " bytes: its storage class does not allow it. Set allowVolumeExpansion to true in the class,"
                        + " or delete the claims one by one: each member then gets a new claim of the wanted size and"
                        + " its data from the other members");
    }

    /**
     * Kubernetes lets a request that was not fulfilled shrink, to any size above what the claim has. Otherwise a claim
     * that is larger than wanted stays so.
     */
    private static boolean differs(ClaimView claim, long wanted) {
        return claim.bytes() < wanted || claim.bytes() > wanted && claim.capacity() > 0 && claim.capacity() < wanted;
    }

    static long wanted(ClusterState seen, ClaimView claim) {
        return seen.wanted().bytes(claim.kind()).orElse(0);
    }
}
