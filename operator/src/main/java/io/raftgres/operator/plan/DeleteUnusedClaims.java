package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.ClaimView;
import java.util.Optional;

/**
 * Deletes the claims of members that have left, once the pod is gone and the leader no longer lists the member.
 *
 * <p>Before: the claim of c-3, which is no member and has no pod. After: no such claim.
 */
final class DeleteUnusedClaims implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        int kept = Math.max(seen.wanted().replicas(), seen.replicas());
        return seen.firstOf(
                seen.claims().stream()
                        .filter(claim -> claim.ordinal() >= kept && !claim.terminating())
                        .toList(),
                claim -> Optional.of(delete(seen, claim)));
    }

    private static Step delete(ClusterState seen, ClaimView claim) {
        String name = seen.name(claim.ordinal());
        Optional<String> objection = seen.pod(claim.ordinal()).isPresent()
                ? Optional.of("its pod is still there"
                        + AwaitHealth.trouble(seen.pod(claim.ordinal()).get()))
                : seen.objection(name, Guard.LIVE_LEADER, Guard.NOT_A_MEMBER);
        return objection
                .<Step>map(
                        why -> new Step.Wait(name + " has left; the operator keeps its claims for now: " + why, false))
                .orElseGet(() -> new Step.DeleteClaim(
                        claim.kind(), claim.ordinal(), claim.uid(), name + " has left the cluster"));
    }
}
