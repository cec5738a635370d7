package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.plan.Observed.MemberView;
import io.raftgres.operator.plan.Observed.PodView;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A pod that is not ready and of an old revision is replaced before anything else: that is how a cluster gets out of a
 * bad image or setting once it is mended. Those go first that nobody misses.
 *
 * <p>Before: c-1 is of an old revision and not ready. After: c-1 is of the current revision.
 */
final class ReplaceUnreadyPods implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        List<PodView> ill = seen.pods().stream()
                .filter(pod -> !pod.current() && !pod.ready() && !pod.terminating())
                .filter(pod -> !seen.losesDataWhenStopped(pod))
                .sorted(Comparator.comparing((PodView pod) -> seen.leader()
                                .filter(seen.name(pod.ordinal())::equals)
                                .isPresent())
                        .thenComparing(pod ->
                                seen.member(pod.ordinal()).filter(seen::isUp).isPresent())
                        .thenComparing(PodView::ordinal, Comparator.reverseOrder()))
                .toList();
        Optional<Step> waiting = Optional.empty();
        for (PodView pod : ill) {
            Optional<Step> next = seen.leader().isPresent() ? withLeader(seen, pod) : withoutLeader(seen, pod);
            if (next.isPresent() && !(next.get() instanceof Step.Wait)) {
                return next;
            }
            waiting = waiting.or(() -> next);
        }
        return waiting;
    }

    private static Optional<Step> withLeader(ClusterState seen, PodView pod) {
        String name = seen.name(pod.ordinal());
        Optional<String> objection = seen.objection(name, Guard.ONE_AT_A_TIME, Guard.STOP_KEEPS_QUORUM)
                .or(() -> onItsWay(seen, pod))
                .or(() -> bothComeUp(seen, pod));
        if (objection.isPresent()) {
            return Rule.waiting(
                    name + " is not ready and of an old revision; it cannot be replaced yet: " + objection.get());
        }
        return TransferLeadershipFirst.orElse(
                seen, name, name + " is not ready and of an old revision", () -> restart(pod));
    }

    /**
     * A pod that still votes may be unready for a moment only: first those that were replaced come up. One whose member
     * was removed never does.
     */
    private static Optional<String> onItsWay(ClusterState seen, PodView pod) {
        boolean votes = seen.member(pod.ordinal())
                .filter(member -> member.voter() && seen.isUp(member))
                .isPresent();
        return !votes
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
     * A voter that is not heard, though nothing ails its pod, may answer at any moment: it is not stopped while another
     * comes up, for then two would be down that could vote.
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

    private static boolean comesUp(ClusterState seen, MemberView voter) {
        return seen.pod(seen.ordinalOf(voter))
                .map(pod -> pod.trouble().isEmpty() && (pod.terminating() || pod.current()))
                .orElse(true);
    }

    /**
     * A pod that is ready knows of a leader, though none is seen from here. And what runs may be about to elect one.
     */
    private static Optional<Step> withoutLeader(ClusterState seen, PodView pod) {
        boolean ledUnseen = seen.pods().stream().anyMatch(PodView::ready);
        return ledUnseen || pod.trouble().isEmpty() ? Optional.empty() : Optional.of(restart(pod));
    }

    private static Step restart(PodView pod) {
        return new Step.RestartPod(pod.ordinal(), pod.version(), "it is not ready, and of an old revision");
    }
}
