package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.PodView;
import java.util.Optional;

/**
 * Deletes the claims of a pod whose data belongs to a removed member, where the spec asks for a member. This happens
 * when the cluster is scaled in and out again before the claim is deleted. A removed member never comes back, so a new
 * member takes its place.
 *
 * <p>Before: c-2 has the data of a removed member. After: its claim is deleted, for {@link ReplaceDeletedClaims}.
 */
final class ReplaceRemovedMembers implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        return seen.firstOf(
                seen.pods().stream()
                        .filter(pod ->
                                pod.removed() && pod.ordinal() < seen.wanted().replicas())
                        .toList(),
                pod -> clear(seen, pod));
    }

    private static Optional<Step> clear(ClusterState seen, PodView pod) {
        String name = seen.name(pod.ordinal());
        Optional<String> objection = seen.objection(name, Guard.LIVE_LEADER, Guard.NOT_A_MEMBER);
        if (objection.isPresent()) {
            return Rule.waiting(name + " has the data of a removed member. The operator cannot delete that data yet: "
                    + objection.get());
        }
        return seen.firstOf(
                seen.claims(pod.ordinal()).stream()
                        .filter(claim -> !claim.terminating())
                        .toList(),
                claim -> Optional.of(new Step.DeleteClaim(
                        claim.kind(),
                        claim.ordinal(),
                        claim.uid(),
                        name + " was removed from the cluster; it joins again as a new member")));
    }
}
