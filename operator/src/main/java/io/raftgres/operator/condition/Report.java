package io.raftgres.operator.condition;

import io.raftgres.operator.model.Observed;
import io.raftgres.operator.plan.Step;
import java.util.List;

/** @param waitingFor what the operator waits for, in one line; empty when it waits for nothing */
public record Report(List<Condition> conditions, String waitingFor) {

    public Report {
        conditions = List.copyOf(conditions);
    }

    /** @param step the step that was planned from this observation */
    public static Report of(Observed seen, Step step) {
        return new Report(
                List.of(
                        Ready.of(seen),
                        Progressing.of(seen, step),
                        Degraded.of(seen, step),
                        QuorumAvailable.of(seen),
                        Paused.of(seen)),
                step instanceof Step.Wait wait ? wait.reason() : "");
    }
}
