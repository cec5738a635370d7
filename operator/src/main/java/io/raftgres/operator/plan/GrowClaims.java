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
        Optional<Step> waiting = Optional.empty();
        for (ClaimView claim : seen.claims()) {
            if (claim.terminating() || !differs(claim, wanted(seen, claim))) {
                continue;
            }
            if (claim.canGrow()) {
                Step step = seen.unlessRefused(
                        new Step.ResizeClaim(claim.kind(), claim.ordinal(), claim.uid(), wanted(seen, claim)));
                if (!(step instanceof Step.Wait)) {
                    return Optional.of(step);
                }
                waiting = waiting.or(() -> Optional.of(step));
                continue;
            }
            waiting = waiting.or(() -> Rule.stuck("claim " + seen.name(claim) + " cannot grow to " + wanted(seen, claim)
                    + " bytes: its storage class does not allow it. Set allowVolumeExpansion to true in the class, or"
                    + " delete"
                    + " the claims one by one: each member then gets a new claim of the wanted size and its data from"
                    + " the other members"));
        }
        return waiting;
    }

    /**
     * Kubernetes lets a request that was not fulfilled shrink, to any size above what the claim has. Otherwise a claim
     * that is larger than wanted stays so.
     */
    private static boolean differs(ClaimView claim, long wanted) {
        return claim.bytes() < wanted || claim.bytes() > wanted && claim.capacity() > 0 && claim.capacity() < wanted;
    }

    static long wanted(ClusterState seen, ClaimView claim) {
        return switch (claim.kind()) {
            case DATA -> seen.wanted().dataBytes();
            case LOG -> seen.wanted().logBytes().orElse(0);
        };
    }
}
