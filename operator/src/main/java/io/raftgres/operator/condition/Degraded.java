package io.raftgres.operator.condition;

import io.raftgres.operator.model.ClaimView;
import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.model.ResizeView;
import io.raftgres.operator.plan.Step;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether an administrator should look: a pod does not run, the plan is stuck, a voter does not answer the leader, or a
 * member has an alarm.
 */
final class Degraded {

    private static final String TYPE = "Degraded";

    private Degraded() {}

    static Condition of(Observed seen, Step step) {
        List<String> pods = seen.troubles();
        Optional<String> refusal = seen.wanted().images().refusal();
        List<String> growths = seen.claims().stream()
                .flatMap(claim -> failedGrowth(seen, claim).stream())
                .toList();
        // One problem hides no other: the plan may wait for the first, and never come to the others.
        String all = Stream.of(pods.stream(), refusal.stream(), growths.stream())
                .flatMap(problems -> problems)
                .collect(Collectors.joining("; "));
        if (!pods.isEmpty()) {
            return Condition.when(TYPE, true, "PodsInTrouble", all);
        }
        if (refusal.isPresent()) {
            return Condition.when(TYPE, true, "ImageRefused", all);
        }
        if (step instanceof Step.Wait wait && wait.stuck()) {
            return Condition.when(TYPE, true, "Stuck", wait.reason());
        }
        if (!growths.isEmpty()) {
            return Condition.when(TYPE, true, "GrowthFailed", all);
        }
        Optional<RaftView> led = seen.raft().filter(raft -> raft.leader().isPresent());
        List<String> silent = led.stream()
                .flatMap(raft -> raft.members().stream())
                .filter(member -> member.voter() && !member.connected())
                .map(member -> member.name() + " does not answer the leader")
                .toList();
        if (!silent.isEmpty()) {
            return Condition.when(TYPE, true, "MembersDown", String.join("; ", silent));
        }
        List<String> alarms = seen.raft().stream()
                .flatMap(raft -> raft.members().stream())
                .flatMap(Degraded::alarms)
                .toList();
        return alarms.isEmpty()
                ? Condition.when(TYPE, false, "Healthy", "no pod or member has a problem")
                : Condition.when(TYPE, true, "Alarms", String.join("; ", alarms));
    }

    private static Optional<String> failedGrowth(Observed seen, ClaimView claim) {
        return claim.resize()
                .filter(ResizeView::failed)
                .map(resize -> "claim " + seen.names().claim(claim.kind(), claim.ordinal()) + " does not grow ("
                        + resize.message() + ")");
    }

    private static Stream<String> alarms(MemberView member) {
        return member.alarms().stream().map(alarm -> member.name() + ": " + alarm);
    }
}
