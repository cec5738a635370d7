package io.raftgres.operator.plan;

import io.raftgres.operator.guard.Guard;
import io.raftgres.operator.guard.UpgradePath;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.ReleaseVersion;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Replaces pods of an old revision one by one, each when all voters are healthy again. The pod furthest behind goes
 * first; the leader's goes last, after it has transferred its leadership.
 *
 * <p>Before: all pods are of an old revision, and c-0 leads. After: all are of the current one, c-0 the last.
 */
final class RollPods implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        List<PodView> old = seen.pods().stream()
                .filter(pod -> !pod.current() && !pod.terminating() && !seen.losesDataWhenStopped(pod))
                .toList();
        if (old.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> refused = refusedRelease(seen);
        if (refused.isPresent()) {
            return Rule.stuck(refused.get());
        }
        Optional<String> unsettled = unsettled(seen);
        if (unsettled.isPresent()) {
            return Rule.waiting("rolling, " + old.size() + " pods left: waiting until " + unsettled.get());
        }
        List<PodView> inOrder = old.stream()
                .sorted(Comparator.comparing((PodView pod) -> seen.leads(seen.name(pod.ordinal())))
                        .thenComparing(
                                pod -> seen.member(pod.ordinal())
                                        .map(MemberView::lag)
                                        .orElse(0L),
                                Comparator.reverseOrder())
                        .thenComparing(PodView::ordinal, Comparator.reverseOrder()))
                .toList();
        // A refused restart does not hold up another pod. But the leader's pod waits until all others are current.
        PodView next = inOrder.stream()
                .filter(pod -> seen.unlessRefused(restart(pod)) instanceof Step.RestartPod
                        && !seen.leads(seen.name(pod.ordinal())))
                .findFirst()
                .orElse(inOrder.getFirst());
        String name = seen.name(next.ordinal());
        Optional<String> objection = seen.objection(
                name, Guard.LIVE_LEADER, Guard.OTHERS_ARE_WELL, Guard.ONE_AT_A_TIME, Guard.STOP_KEEPS_QUORUM);
        if (objection.isPresent()) {
            return Rule.waiting("rolling, " + name + " is next: " + objection.get());
        }
        return TransferLeadershipFirst.orElse(seen, name, "its pod has an old revision", () -> restart(next));
    }

    private static Step restart(PodView pod) {
        return new Step.RestartPod(pod.ordinal(), pod.version(), "it has an old revision");
    }

    /**
     * Which release an image has is certain only when a pod runs it, so the first pods that are replaced show it. When
     * half of the pods have it, it was allowed: then the change is the way back of the others.
     *
     * @return why no other pod may get the image of the pods that were replaced
     */
    static Optional<String> refusedRelease(ClusterState seen) {
        List<PodView> replaced = seen.pods().stream().filter(PodView::current).toList();
        if (seen.wanted().images().allowed()
                || 2 * replaced.size() >= seen.pods().size()) {
            return Optional.empty();
        }
        Optional<ReleaseVersion> from = seen.pods().stream()
                .filter(pod -> !pod.current())
                .flatMap(pod -> release(seen, pod).stream())
                .min(ReleaseVersion::compareTo);
        for (PodView pod : from.isPresent() ? replaced : List.<PodView>of()) {
            Optional<String> objection = release(seen, pod)
                    .flatMap(to -> UpgradePath.objection(from.get(), to)
                            .map(why -> seen.name(pod.ordinal()) + " has the image of the spec and runs release " + to
                                    + ", the others run release " + from.get() + ", and " + why
                                    + ". The others keep their image. Set spec.image back"));
            if (objection.isPresent()) {
                return objection;
            }
        }
        return Optional.empty();
    }

    private static Optional<ReleaseVersion> release(ClusterState seen, PodView pod) {
        return seen.member(pod.ordinal()).flatMap(member -> ReleaseVersion.parse(member.version()));
    }

    /** @return the condition that the members do not fulfil yet */
    private static Optional<String> unsettled(ClusterState seen) {
        int wanted = seen.wanted().replicas();
        if (seen.replicas() != wanted || seen.members().stream().anyMatch(member -> seen.ordinalOf(member) >= wanted)) {
            return Optional.of("the cluster has its " + wanted + " members");
        }
        for (int ordinal = 0; ordinal < wanted; ordinal++) {
            if (seen.member(ordinal).filter(MemberView::voter).isEmpty()) {
                return Optional.of(seen.name(ordinal) + " is a voter");
            }
        }
        return Optional.empty();
    }
}
