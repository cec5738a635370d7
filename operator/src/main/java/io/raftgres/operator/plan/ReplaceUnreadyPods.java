package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.PodView;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Replaces a pod that is not ready and has an old revision, before the other pods. So a cluster recovers from a bad
 * image or setting once the spec is corrected. Pods that are no running member go first, the leader's last.
 *
 * <p>Before: c-1 is of an old revision and not ready. After: c-1 is of the current revision.
 */
final class ReplaceUnreadyPods implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        List<PodView> ill = seen.pods().stream()
                .filter(pod -> !pod.current() && !pod.ready() && !pod.terminating())
                .filter(pod -> !seen.losesDataWhenStopped(pod))
                .sorted(Comparator.comparing((PodView pod) -> seen.leads(seen.name(pod.ordinal())))
                        .thenComparing(pod ->
                                seen.member(pod.ordinal()).filter(seen::isUp).isPresent())
                        .thenComparing(PodView::ordinal, Comparator.reverseOrder()))
                .toList();
        return seen.firstOf(ill, pod -> seen.leader().isPresent() ? withLeader(seen, pod) : withoutLeader(seen, pod));
    }

    private static Optional<Step> withLeader(ClusterState seen, PodView pod) {
        String name = seen.name(pod.ordinal());
        Optional<String> objection = seen.objection(name, Guard.ONE_AT_A_TIME, Guard.STOP_KEEPS_QUORUM)
                .or(() -> onItsWay(seen, pod))
                .or(() -> bothComeUp(seen, pod))
                .or(() -> RollPods.refusedRelease(seen));
        if (objection.isPresent()) {
            return Rule.waiting(
                    name + " is not ready and has an old revision; it cannot be replaced yet: " + objection.get());
        }
        return TransferLeadershipFirst.orElse(
                seen, name, name + " is not ready and has an old revision", () -> restart(pod));
    }

    /**
     * A pod whose member still votes may be unready only for a moment, so the pods that were already replaced must
     * become ready first. So may that of a learner, which the leader makes a voter at any moment. A pod whose member
     * was removed never becomes ready, and is not waited for.
     */
    private static Optional<String> onItsWay(ClusterState seen, PodView pod) {
        boolean mayVote = seen.member(pod.ordinal()).filter(seen::isUp).isPresent();
        return !mayVote
                ? Optional.empty()
                : seen.pods().stream()
                        .filter(other -> other.ordinal() != pod.ordinal()
                                && other.current()
                                && !other.ready()
                                && !other.removed())
                        .map(other -> seen.name(other.ordinal()) + " is not ready yet")
                        .findFirst();
    }

    /**
     * A voter that does not answer, though its pod has no trouble, may answer at any moment, or does so already. It is
     * not stopped while another one starts or is down: otherwise two voters would be down that could vote.
     */
    private static Optional<String> bothComeUp(ClusterState seen, PodView pod) {
        boolean comes = pod.trouble().isEmpty()
                && seen.member(pod.ordinal())
                        .filter(member -> member.voter() && !seen.isUp(member))
                        .isPresent();
        return !comes
                ? Optional.empty()
                : seen.voters().stream()
                        .filter(other ->
                                seen.ordinalOf(other) != pod.ordinal() && !seen.isUp(other) && comesUp(seen, other))
                        .map(other -> other.name() + " is not up yet, either")
                        .findFirst();
    }

    /** A pod of an old revision waits for its own replacement, so the others do not wait for it. */
    private static boolean comesUp(ClusterState seen, MemberView voter) {
        return seen.pod(seen.ordinalOf(voter))
                .map(pod -> pod.terminating() || pod.current())
                .orElse(true);
    }

    /**
     * A ready pod has a leader, even if the operator sees none, so nothing is restarted then. A pod that runs without
     * trouble may be about to elect one. A pod whose trouble is not confirmed may run behind a cut, and have a leader
     * there: the API server keeps what its machine has reported last.
     */
    private static Optional<Step> withoutLeader(ClusterState seen, PodView pod) {
        return mayHaveLeader(seen) || !pod.confirmed() ? Optional.empty() : Optional.of(restart(pod));
    }

    private static boolean mayHaveLeader(ClusterState seen) {
        return seen.leader().isPresent() || seen.pods().stream().anyMatch(PodView::ready);
    }

    /** @return why pods with trouble keep their old revision while no leader is seen; empty when none does for this */
    static Optional<String> unconfirmed(ClusterState seen) {
        List<String> names = seen.pods().stream()
                .filter(pod -> !pod.current() && !pod.ready() && !pod.terminating())
                .filter(pod -> pod.trouble().isPresent() && !pod.confirmed())
                .map(pod -> seen.name(pod.ordinal()))
                .toList();
        return names.isEmpty() || mayHaveLeader(seen)
                ? Optional.empty()
                : Optional.of("the operator does not replace " + ClusterState.list(names)
                        + ", though of an old revision, because it cannot reach "
                        + (names.size() == 1 ? "this pod" : "these pods")
                        + ", which may serve behind a cut: see that the operator reaches port 8081 of the pods, or, if"
                        + " they do not run, delete them");
    }

    private static Step restart(PodView pod) {
        return new Step.RestartPod(pod.ordinal(), pod.version(), "it is not ready and has an old revision");
    }
}
