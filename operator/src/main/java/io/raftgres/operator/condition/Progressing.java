package io.raftgres.operator.condition;

import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.plan.Step;

/** Whether the operator is working towards the spec, and which step it takes or waits for. */
public final class Progressing {

    private static final String TYPE = "Progressing";

    private Progressing() {}

    static Condition of(Observed seen, Step step) {
        if (seen.wanted().paused()) {
            return Condition.when(TYPE, false, "Paused", "spec.paused is true");
        }
        return switch (step) {
            case Step.Done done -> Condition.when(TYPE, false, "UpToDate", "the cluster is as its spec says");
            case Step.Wait wait -> waiting(seen, wait);
            case Step other ->
                Condition.when(TYPE, true, other.getClass().getSimpleName(), Sentence.of(seen.names(), other));
        };
    }

    private static Condition waiting(Observed seen, Step.Wait wait) {
        if (!wait.stuck()) {
            return Condition.when(TYPE, true, "Waiting", wait.reason());
        }
        return Condition.when(
                TYPE,
                false,
                seen.refused().stream().noneMatch(RefusedWrite::isStuck) ? "Stuck" : "Refused",
                "an administrator must act: waitingFor says why, and what to do");
    }

    /** @param sentence what the deletion of the RaftCluster waits for */
    public static Condition deleting(String sentence) {
        return Condition.when(TYPE, true, "Deleting", sentence);
    }
}
