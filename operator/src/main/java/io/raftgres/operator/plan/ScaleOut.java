package io.raftgres.operator.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Adds one pod at a time. A blank member joins by itself: it catches up as a learner and becomes a voter. Only then is
 * the next pod added.
 *
 * <p>Before: 1 voter, and 3 replicas are wanted. After: 2 replicas; when c-1 is a voter, 3.
 */
final class ScaleOut implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        int from = seen.replicas();
        int wanted = seen.wanted().replicas();
        if (from >= wanted) {
            return Optional.empty();
        }
        List<String> joining = new ArrayList<>();
        for (int ordinal = 0; ordinal < from; ordinal++) {
            if (seen.member(ordinal)
                    .filter(member -> member.voter() && seen.isUp(member))
                    .isEmpty()) {
                joining.add(seen.name(ordinal));
            }
        }
        if (joining.isEmpty()) {
            return Optional.of(new Step.SetReplicas(from, from + 1, wanted + " replicas are wanted"));
        }
        return Rule.waiting("scaling out to " + wanted + ": " + ClusterState.list(joining) + " must first be "
                + (joining.size() == 1 ? "a voter that answers" : "voters that answer"));
    }
}
