package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.RefusedWrite;
import java.util.Comparator;
import java.util.Optional;

/**
 * Removes members above the spec's replicas, the highest ordinal (as a number) first; then the pod stops. That includes
 * members without a pod, left from a larger cluster that was deleted and applied again.
 *
 * <p>Before: members c-0 to c-3, and 3 replicas are wanted. After: members c-0 to c-2, then 3 replicas.
 */
final class ScaleIn implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        int wanted = seen.wanted().replicas();
        int needed = Math.max(
                wanted,
                1 + seen.members().stream().mapToInt(seen::ordinalOf).max().orElse(-1));
        if (seen.replicas() > needed) {
            Optional<String> objection = seen.objection(seen.name(seen.replicas() - 1), Guard.LIVE_LEADER);
            return objection.isPresent()
                    ? Rule.waiting("scaling in: " + objection.get())
                    : Optional.of(new Step.SetReplicas(
                            seen.replicas(),
                            needed,
                            seen.name(seen.replicas() - 1) + " is not a member of the" + " cluster"));
        }
        return seen.members().stream()
                .filter(member -> seen.ordinalOf(member) >= wanted)
                .max(Comparator.comparingInt(seen::ordinalOf))
                .flatMap(member -> remove(seen, member));
    }

    private static Optional<Step> remove(ClusterState seen, MemberView member) {
        String name = member.name();
        Optional<String> objection =
                seen.objection(name, Guard.LIVE_LEADER, Guard.NOT_THE_ONLY_VOTER, Guard.REMOVAL_KEEPS_QUORUM);
        if (objection.isPresent()) {
            return Rule.waiting(name + " cannot be removed yet: " + objection.get());
        }
        Optional<String> ill = illAmongTheRest(seen);
        if (ill.isPresent() && seen.isUp(member) && seen.voters().size() == 3) {
            return Rule.waiting(name + " cannot be removed while " + ill.get() + " is not healthy: of the two voters"
                    + " left, neither could be restarted");
        }
        Optional<String> going = goingAmongTheRest(seen);
        if (going.isPresent() && seen.isUp(member)) {
            return Rule.waiting(name + " cannot be removed yet: claim " + going.get()
                    + " was deleted, and its member has to be replaced first");
        }
        // The budget of the voters that are left comes first: without it a drain could cost the quorum.
        Optional<RefusedWrite> unprotected = seen.observed().refused().stream()
                .filter(it -> member.voter() && it.kind().equals("PodDisruptionBudget"))
                .findFirst();
        if (unprotected.isPresent()) {
            return Optional.of(new Step.Wait(
                    name + " cannot be removed before the disruption budget is written: "
                            + unprotected.get().sentence(),
                    unprotected.get().isStuck()));
        }
        int wanted = seen.wanted().replicas();
        String why = wanted + (wanted == 1 ? " replica is" : " replicas are") + " wanted";
        return TransferLeadershipFirst.orElse(seen, name, why, () -> new Step.RemoveMember(name, member.id(), why));
    }

    private static Optional<String> illAmongTheRest(ClusterState seen) {
        return seen.voters().stream()
                .filter(member -> seen.ordinalOf(member) < seen.wanted().replicas() && !seen.isWell(member))
                .map(MemberView::name)
                .findFirst();
    }

    private static Optional<String> goingAmongTheRest(ClusterState seen) {
        return seen.claims().stream()
                .filter(claim -> claim.terminating()
                        && claim.ordinal() < seen.wanted().replicas()
                        && seen.pod(claim.ordinal()).isPresent())
                .map(seen::name)
                .findFirst();
    }
}
