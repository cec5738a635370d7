package io.raftgres.operator.plan;

import io.raftgres.operator.plan.Observed.ClaimKind;
import io.raftgres.operator.plan.Observed.ClaimView;
import java.util.List;
import java.util.Optional;

/** No pods, and the claims stay. A claim that was deleted goes with its pod: not when that would take half of the data. */
final class Hibernate implements Rule {

    @Override
    public Optional<Step> next(Situation seen) {
        if (!seen.wanted().hibernated() || losesData(seen)) {
            return Optional.empty();
        }
        if (seen.replicas() > 0) {
            return Optional.of(new Step.SetReplicas(seen.replicas(), 0, "the cluster hibernates"));
        }
        if (!seen.observed().pods().isEmpty()) {
            return Rule.waiting("hibernating: " + Recover.stopping(seen));
        }
        return Optional.of(new Step.Done());
    }

    private static boolean losesData(Situation seen) {
        List<ClaimView> data = seen.claims().stream()
                .filter(claim -> claim.kind() == ClaimKind.DATA && seen.pod(claim.ordinal()).isPresent()).toList();
        long going = data.stream().filter(ClaimView::terminating).count();
        return going > 0 && 2 * going >= data.size();
    }

    @Override
    public boolean holdsUpTheRest() {
        return true;
    }
}
