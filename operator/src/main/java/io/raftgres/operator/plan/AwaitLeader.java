package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Electorate;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.PodView;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Waits for a leader: the rules after this one need to know what the leader says.
 *
 * <p>Before: no leader is seen. After: the plan waits, and names the voters that do not answer.
 */
final class AwaitLeader implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        if (seen.leader().isPresent()) {
            return Optional.empty();
        }
        List<String> troubles = seen.observed().troubles();
        long ill = seen.pods().stream().filter(pod -> pod.trouble().isPresent()).count();
        String what = seen.observed().formed() ? missing(seen) : "the cluster waits for its first leader";
        int voters = seen.voters().isEmpty()
                ? Math.max(1, seen.replicas())
                : seen.voters().size();
        boolean stuck = !troubles.isEmpty() && voters - ill < Electorate.majority(voters);
        String why = troubles.isEmpty() ? what : what + ": " + String.join("; ", troubles);
        return Optional.of(new Step.Wait(
                ReplaceUnreadyPods.unconfirmed(seen).map(it -> why + "; " + it).orElse(why), stuck));
    }

    @Override
    public boolean isGate() {
        return true;
    }

    private static String missing(ClusterState seen) {
        if (seen.voters().isEmpty()) {
            String silent = seen.pods().stream()
                    .flatMap(pod -> pod.silence().stream().map(why -> seen.name(pod.ordinal()) + ": " + why))
                    .collect(Collectors.joining("; "));
            return (seen.pods().stream().anyMatch(PodView::ready)
                            ? "no node answers the operator, though pods are ready"
                            : "no leader: no node answers yet")
                    + (silent.isEmpty() ? "" : " (" + silent + ")");
        }
        List<String> answer = seen.voters().stream()
                .filter(MemberView::connected)
                .map(MemberView::name)
                .sorted()
                .toList();
        List<String> silent = seen.voters().stream()
                .filter(member -> !member.connected())
                .map(MemberView::name)
                .sorted()
                .toList();
        return "no leader: " + answer.size() + " of " + seen.voters().size() + " voters"
                + " answer" + (answer.isEmpty() ? "" : " (" + ClusterState.list(answer) + ")") + ", a quorum needs"
                + " " + Electorate.majority(seen.voters().size())
                + (silent.isEmpty() ? "" : "; not answering: " + ClusterState.list(silent));
    }
}
