package io.raftgres.operator.plan;

import io.raftgres.operator.plan.Observed.ClaimKind;
import io.raftgres.operator.plan.Observed.ClaimView;
import io.raftgres.operator.plan.Observed.Recovery;
import io.raftgres.operator.plan.Observed.RecoveryPhase;
import io.raftgres.operator.plan.Observed.RecoveryView;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * The quorum is lost for good, and a person has chosen the member that becomes a new cluster. All pods stop; the recovery
 * runs on that member's claim; the claims of all others are deleted; then the cluster wakes, and the others join it blank.
 */
final class Recover implements Rule {

    @Override
    public Optional<Step> next(Situation seen) {
        Optional<Recovery> asked = seen.wanted().recovery();
        Optional<RecoveryView> run = seen.observed().recovery();
        if (run.isPresent() && !run.map(RecoveryView::of).equals(asked)) {
            return clear(seen, run.get());
        }
        if (asked.isEmpty()) {
            return Optional.empty();
        }
        return run.isPresent() ? goOn(seen, asked.get(), run.get()) : begin(seen, asked.get());
    }

    @Override
    public boolean holdsUpTheRest() {
        return true;
    }

    /** What ran was not for what is asked. */
    private static Optional<Step> clear(Situation seen, RecoveryView run) {
        boolean noted = seen.observed().clusterId().isEmpty();
        if (run.phase() != RecoveryPhase.SUCCEEDED || noted) {
            return Optional.of(new Step.RemoveRecovery(noted ? "it is done" : "it is not asked for any more"));
        }
        String member = run.of().member();
        return Rule.stuck("the recovery of " + member + " has made a cluster of its own, and is not asked for any more. Put"
                + " spec.recovery.forceNewCluster back (member " + member + ", clusterId " + run.of().clusterId()
                + ") to go on with it. To give that cluster up instead, delete the pod " + seen.observed().cluster()
                + "-recovery and the claim data-" + member);
    }

    private static Optional<Step> begin(Situation seen, Recovery asked) {
        Optional<String> refusal = refusal(seen, asked);
        if (refusal.isPresent()) {
            return Rule.stuck("the recovery is refused: " + refusal.get());
        }
        return stop(seen).or(() -> Optional.of(new Step.StartRecovery(asked)));
    }

    private static Optional<String> refusal(Situation seen, Recovery asked) {
        Observed observed = seen.observed();
        String withdraw = ". Remove spec.recovery";
        if (seen.leader().isPresent()) {
            return Optional.of("the cluster has a quorum, and " + seen.leader().get() + " leads" + withdraw);
        }
        if (seen.pods().stream().anyMatch(Observed.PodView::ready)) {
            return Optional.of("pods are ready, so they know a leader, though the operator sees none" + withdraw);
        }
        if (seen.wanted().hibernated()) {
            return Optional.of("the cluster hibernates, and only when it is awake can be seen that its quorum is lost. Set"
                    + " spec.hibernated to false first");
        }
        if (!observed.formed()) {
            return Optional.of("the cluster has never had a leader, so there is nothing to recover" + withdraw);
        }
        if (observed.clusterId().filter(id -> !id.equals(asked.clusterId())).isPresent()) {
            return Optional.of("it is for cluster " + asked.clusterId() + ", but this is cluster "
                    + observed.clusterId().get() + withdraw + ", or correct its clusterId");
        }
        OptionalInt ordinal = seen.ordinal(asked.member());
        List<ClaimView> claims = ordinal.isPresent() ? seen.claims(ordinal.getAsInt()) : List.of();
        if (claims.stream().noneMatch(claim -> claim.kind() == ClaimKind.DATA)) {
            List<String> with = seen.claims().stream().filter(claim -> claim.kind() == ClaimKind.DATA)
                    .map(claim -> seen.name(claim.ordinal())).toList();
            return Optional.of(asked.member() + " has no claim of data"
                    + (with.isEmpty() ? "" : "; those that have one: " + Situation.list(with)));
        }
        return claims.stream().filter(ClaimView::terminating).findFirst().map(claim -> "claim " + seen.name(claim)
                + " was deleted, and goes for ever when its pod stops. Choose another member");
    }

    private static Optional<Step> stop(Situation seen) {
        if (seen.replicas() > 0) {
            return Optional.of(new Step.SetReplicas(seen.replicas(), 0, "a recovery is asked for"));
        }
        return seen.observed().pods().isEmpty() ? Optional.empty() : stopping(seen, "recovering: ");
    }

    static Optional<Step> stopping(Situation seen, String what) {
        return Optional.of(new Step.Wait(what + seen.pods().stream()
                .map(pod -> seen.name(pod.ordinal()) + " is stopping" + AwaitHealth.trouble(pod))
                .collect(Collectors.joining("; ")), !AwaitHealth.troubles(seen).isEmpty()));
    }

    private static Optional<Step> goOn(Situation seen, Recovery asked, RecoveryView run) {
        // Somebody may have raised the replicas meanwhile.
        Optional<Step> stop = stop(seen);
        if (stop.isPresent()) {
            return stop;
        }
        return switch (run.phase()) {
            case RUNNING -> Rule.waiting("recovering: a new cluster is made of " + asked.member()
                    + (run.message().isEmpty() ? "" : ": " + run.message()));
            case FAILED -> Rule.stuck("the recovery of " + asked.member() + " failed: " + run.message()
                    + ". Mend that and delete the pod " + seen.observed().cluster()
                    + "-recovery to try again, or choose another member");
            case SUCCEEDED -> giveUpOthers(seen, asked);
        };
    }

    private static Optional<Step> giveUpOthers(Situation seen, Recovery asked) {
        for (ClaimView claim : seen.claims()) {
            if (seen.name(claim.ordinal()).equals(asked.member())) {
                continue;
            }
            return claim.terminating() ? Rule.waiting("recovering: claim " + seen.name(claim) + " is being deleted")
                    : Optional.of(new Step.DeleteClaim(claim.kind(), claim.ordinal(), claim.uid(),
                            "it is of cluster " + asked.clusterId() + ", which is given up for what " + asked.member()
                                    + " has"));
        }
        return Optional.of(new Step.EndRecovery(asked));
    }
}
