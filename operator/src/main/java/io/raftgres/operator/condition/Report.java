package io.raftgres.operator.condition;

import io.raftgres.operator.model.Observed;
import io.raftgres.operator.plan.Step;
import java.util.List;

/**
 * @param state in one word: Ready, Progressing, Paused, Hibernated or Stuck
 * @param waitingFor what the operator waits for, in one line; empty when it waits for nothing
 */
public record Report(String state, List<Condition> conditions, String waitingFor) {

    public Report {
        conditions = List.copyOf(conditions);
    }

    /**
     * @param step the step that was planned from this observation
     * @param updated number of pods that are of the current spec; negative while its pod template is not in force
     */
    public static Report of(Observed seen, Step step, int updated) {
        List<Condition> conditions = List.of(
                Ready.of(seen, step, updated),
                Reconciled.of(seen),
                Progressing.of(seen, step),
                Degraded.of(seen, step),
                QuorumAvailable.of(seen),
                Paused.of(seen));
        return new Report(
                StateWord.of(seen, step, conditions).text(),
                conditions,
                step instanceof Step.Wait wait ? wait.reason() : "");
    }
}
