package io.raftgres.operator.status;

import io.raftgres.operator.plan.Observed;
import io.raftgres.operator.plan.Step;

/** Whether something is on its way to what is wanted, and what. */
final class Progressing {

    private static final String TYPE = "Progressing";

    private Progressing() {}

    static Condition of(Observed seen, Step step) {
        if (seen.wanted().paused()) {
            return Condition.when(TYPE, false, "Paused", "paused");
        }
        return switch (step) {
            case Step.Done done -> Condition.when(TYPE, false, "AsWanted", "all is as wanted");
            case Step.Wait wait when wait.stuck() -> Condition.when(TYPE, false, "Stuck", wait.reason());
            case Step.Wait wait -> Condition.when(TYPE, true, "Waiting", wait.reason());
            case Step other -> Condition.when(TYPE, true, other.getClass().getSimpleName(), Sentence.of(seen, other));
        };
    }
}
