package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.plan.Observed.ClaimView;
import io.raftgres.operator.plan.Observed.PodView;
import java.util.Optional;

/**
 * A pod whose data is that of a member that was removed for ever, where a member is wanted: it was scaled in and out
 * again before its claim was deleted. The claim is deleted, so that a new member can take its place.
 *
 * <p>Before: c-2 has the data of a removed member. After: its claim is deleted, for {@link ReleaseClaims}.
 */
final class ClearRemoved implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        Optional<Step> waiting = Optional.empty();
        for (PodView pod : seen.pods()) {
            if (!pod.removed() || pod.ordinal() >= seen.wanted().replicas()) {
                continue;
            }
            String name = seen.name(pod.ordinal());
            Optional<String> objection = seen.objection(name, Guard.LIVE_LEADER, Guard.NOT_A_MEMBER);
            if (objection.isPresent()) {
                waiting = waiting.or(() -> Rule.waiting(name + " has the data of a member that was removed. It cannot"
                        + " be deleted yet: " + objection.get()));
                continue;
            }
            for (ClaimView claim : seen.claims(pod.ordinal())) {
                if (!claim.terminating()) {
                    return Optional.of(new Step.DeleteClaim(
                            claim.kind(),
                            claim.ordinal(),
                            claim.uid(),
                            name + " was removed from the cluster, and joins again as a new member"));
                }
            }
        }
        return waiting;
    }
}
