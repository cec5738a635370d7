package io.raftgres.operator.condition;

import io.raftgres.operator.model.MemberView;
import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RaftView;
import io.raftgres.operator.plan.Step;
import java.util.List;
import java.util.Optional;
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
        if (!pods.isEmpty()) {
            return Condition.when(TYPE, true, "PodsInTrouble", String.join("; ", pods));
        }
        Optional<String> refusal = seen.wanted().images().refusal();
        if (refusal.isPresent()) {
            return Condition.when(TYPE, true, "ImageRefused", refusal.get());
        }
        if (step instanceof Step.Wait wait && wait.stuck()) {
            return Condition.when(TYPE, true, "Stuck", wait.reason());
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

    private static Stream<String> alarms(MemberView member) {
        return member.alarms().stream().map(alarm -> member.name() + ": " + alarm);
    }
}
