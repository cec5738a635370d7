package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.ForcedRecovery;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.PodView;
import io.raftgres.operator.model.RecoveryView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Makes a new cluster from one member's data, when the quorum is lost permanently and an administrator has chosen that
 * member. All pods stop, and the recovery runs on that member's claim. The operator deletes the claims of all other
 * members and starts the pods again; the others join blank. A recovery that runs is completed even if the spec no
 * longer asks for it: that member's data may already belong to the new cluster, and can never belong to the old one
 * again.
 *
 * <p>Before: only c-2 of 3 members is left, and spec.recovery names it. After: c-2 is a new cluster of one.
 */
final class RecoverCluster implements Rule {

    @Override
    public Optional<Step> next(ClusterState seen) {
        Optional<ForcedRecovery> asked = seen.wanted().recovery();
        Optional<RecoveryView> run = seen.observed().recovery();
        return run.isPresent() ? goOn(seen, asked, run.get()) : asked.flatMap(it -> begin(seen, it));
    }

    @Override
    public boolean isGate() {
        return true;
    }

    private static Optional<Step> begin(ClusterState seen, ForcedRecovery asked) {
        Optional<String> refusal = refusal(seen, asked);
        if (refusal.isPresent()) {
            return Rule.stuck("the recovery of " + asked.member() + " is refused: " + refusal.get());
        }
        return stop(seen).or(() -> Optional.of(new Step.StartRecovery(asked)));
    }

    private static Optional<String> refusal(ClusterState seen, ForcedRecovery asked) {
        Observed observed = seen.observed();
        String withdraw = ". Remove spec.recovery";
        if (seen.leader().isPresent()) {
            return Optional.of("the cluster has a quorum, and " + seen.leader().get() + " leads" + withdraw);
        }
        if (seen.pods().stream().anyMatch(PodView::ready)) {
            return Optional.of("pods are ready, so they have a leader that the operator cannot see" + withdraw);
        }
        if (seen.wanted().hibernated()) {
            return Optional.of("the cluster hibernates; whether its quorum is lost shows only when its pods run."
                    + " Set spec.hibernated to false first");
        }
        if (!observed.formed()) {
            return Optional.of("the cluster has never had a leader, so there is nothing to recover" + withdraw);
        }
        if (observed.clusterId().filter(id -> !id.equals(asked.clusterId())).isPresent()) {
            return Optional.of("spec.recovery names cluster " + asked.clusterId() + ", but this is cluster "
                    + observed.clusterId().get() + withdraw + ", or correct its clusterId");
        }
        OptionalInt ordinal = seen.ordinal(asked.member());
        List<ClaimView> claims = ordinal.isPresent() ? seen.claims(ordinal.getAsInt()) : List.of();
        if (claims.stream().noneMatch(claim -> claim.kind() == ClaimKind.DATA)) {
            List<String> with = seen.claims().stream()
                    .filter(claim -> claim.kind() == ClaimKind.DATA)
                    .map(claim -> seen.name(claim.ordinal()))
                    .toList();
            return Optional.of(asked.member() + " has no data claim"
                    + (with.isEmpty() ? "" : "; these members have one: " + ClusterState.list(with)));
        }
        return claims.stream()
                .filter(ClaimView::terminating)
                .findFirst()
                .map(claim -> "claim " + seen.name(claim)
                        + " was deleted: Kubernetes removes it and its data when its pod stops. Choose another member");
    }

    private static Optional<Step> stop(ClusterState seen) {
        if (seen.replicas() > 0) {
            return Optional.of(new Step.SetReplicas(seen.replicas(), 0, "spec.recovery asks for a recovery"));
        }
        return seen.observed().pods().isEmpty() ? Optional.empty() : stopping(seen, "recovering: ");
    }

    static Optional<Step> stopping(ClusterState seen, String what) {
        return Optional.of(new Step.Wait(
                what
                        + seen.pods().stream()
                                .map(pod -> seen.name(pod.ordinal()) + " is stopping" + AwaitHealth.trouble(pod))
                                .collect(Collectors.joining("; ")),
                !seen.observed().troubles().isEmpty()));
    }

    private static Optional<Step> goOn(ClusterState seen, Optional<ForcedRecovery> asked, RecoveryView run) {
        Optional<Step> remove = remove(seen, asked, run);
        if (remove.isPresent()) {
            return remove;
        }
        // The replicas may have been raised by hand since the recovery began.
        Optional<Step> stop = stop(seen);
        if (stop.isPresent()) {
            return stop;
        }
        String member = run.of().member();
        String again = ". Correct this and delete the pod " + seen.observed().cluster()
                + "-recovery to try again, or choose another member";
        return switch (run.phase()) {
            case PENDING ->
                run.message().isEmpty()
                        ? Rule.waiting("recovering: the recovery pod of " + member + " is starting")
                        : Rule.stuck("the recovery of " + member + " does not start: " + run.message() + again);
            case RUNNING ->
                Rule.waiting("recovering: a new cluster is being made from the data of " + member
                        + (run.message().isEmpty() ? "" : ": " + run.message()));
            case FAILED -> Rule.stuck("the recovery of " + member + " failed: " + run.message() + again);
            case SUCCEEDED -> giveUpOthers(seen, run.of());
        };
    }

    /** Removes a pod that has changed no data, or whose recovery is recorded as finished. */
    private static Optional<Step> remove(ClusterState seen, Optional<ForcedRecovery> asked, RecoveryView run) {
        if (asked.filter(run.of()::equals).isPresent()) {
            return Optional.empty();
        }
        return switch (run.phase()) {
            case PENDING, FAILED ->
                Optional.of(new Step.RemoveRecovery(run.version(), "spec.recovery no longer asks" + " for it"));
            case RUNNING -> Optional.empty();
            case SUCCEEDED ->
                seen.observed().clusterId().isPresent()
                        ? Optional.empty()
                        : Optional.of(new Step.RemoveRecovery(run.version(), "its recovery has finished"));
        };
    }

    private static Optional<Step> giveUpOthers(ClusterState seen, ForcedRecovery done) {
        for (ClaimView claim : seen.claims()) {
            if (seen.name(claim.ordinal()).equals(done.member())) {
                continue;
            }
            return claim.terminating()
                    ? Rule.waiting("recovering: claim " + seen.name(claim) + " is being deleted")
                    : Optional.of(new Step.DeleteClaim(
                            claim.kind(),
                            claim.ordinal(),
                            claim.uid(),
                            "it belongs to cluster " + done.clusterId() + ", which a new cluster from the data of" + " "
                                    + done.member() + " replaces"));
        }
        return Optional.of(new Step.EndRecovery(done));
    }
}
