package io.raftgres.operator.status;

import io.raftgres.operator.plan.Observed;
import io.raftgres.operator.plan.Step;
import java.util.List;

/** @param waitingFor one line, empty when nothing is waited for */
public record Report(List<Condition> conditions, String waitingFor) {

    public Report {
        conditions = List.copyOf(conditions);
    }

    /** @param step planned from what was seen */
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
