package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.PodView;
import java.util.Optional;

/**
 * Replaces a member whose claim was deleted while its pod runs. The deletion cannot be undone: Kubernetes removes the
 * claim as soon as the pod stops. So the operator replaces the member now, while the others are healthy.
 *
 * <p>Before: c-1 runs on a claim that was deleted. After: c-1 starts again with a new claim.
 */
final class ReplaceDeletedClaims implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        return seen.firstOf(
                seen.pods().stream()
                        .filter(pod -> !pod.terminating()
                                && pod.ordinal() < seen.wanted().replicas())
                        .toList(),
                pod -> seen.claims(pod.ordinal()).stream()
                        .filter(ClaimView::terminating)
                        .findFirst()
                        .flatMap(claim -> release(seen, pod, seen.name(claim))));
    }

    private static Optional<Step> release(ClusterState seen, PodView pod, String claim) {
        String name = seen.name(pod.ordinal());
        String what = "claim " + claim + " was deleted";
        Optional<String> last = seen.objection(name, Guard.NOT_THE_ONLY_VOTER);
        if (last.isPresent()) {
            return seen.wanted().replicas() > 1
                    ? Optional.empty()
                    : Rule.stuck(what + ": Kubernetes removes it and its data when "
                            + name + " stops, and " + last.get()
                            + ". Set spec.replicas to 3, so that other members get the data; afterwards it may be 1"
                            + " again");
        }
        Optional<MemberView> member = seen.member(pod.ordinal());
        boolean votes = member.filter(MemberView::voter).isPresent();
        Optional<String> objection = votes
                ? seen.objection(name, Guard.LIVE_LEADER, Guard.OTHERS_ARE_CAUGHT_UP, Guard.STOP_KEEPS_QUORUM)
                : seen.objection(name, Guard.LIVE_LEADER);
        if (objection.isPresent()) {
            return Rule.waiting(what + "; " + name + " cannot be replaced yet: " + objection.get());
        }
        // A learner may become a voter at any moment, and stopping a voter could lose the quorum. The leader checks a
        // removal.
        if (member.isPresent() && !votes) {
            return Optional.of(new Step.RemoveMember(name, member.get().id(), what));
        }
        return TransferLeadershipFirst.orElse(
                seen,
                name,
                what,
                () -> new Step.RestartPod(pod.ordinal(), pod.version(), what + ": a new member takes its place"));
    }
}
