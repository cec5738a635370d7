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
        Optional<Step> waiting = Optional.empty();
        for (ClaimView claim : seen.claims()) {
            if (claim.ordinal() < Math.max(seen.wanted().replicas(), seen.replicas()) || claim.terminating()) {
                continue;
            }
            String name = seen.name(claim.ordinal());
            Optional<String> objection = seen.pod(claim.ordinal()).isPresent()
                    ? Optional.of("its pod is still there"
                            + AwaitHealth.trouble(seen.pod(claim.ordinal()).get()))
                    : seen.objection(name, Guard.LIVE_LEADER, Guard.NOT_A_MEMBER);
            if (objection.isEmpty()) {
                Step step = seen.unlessRefused(new Step.DeleteClaim(
                        claim.kind(), claim.ordinal(), claim.uid(), name + " has left the cluster"));
                if (!(step instanceof Step.Wait)) {
                    return Optional.of(step);
                }
                waiting = waiting.or(() -> Optional.of(step));
                continue;
            }
            waiting = waiting.or(() ->
                    Rule.waiting(name + " has left; the operator keeps its claims for now:" + " " + objection.get()));
        }
        return waiting;
    }
}
