package io.raftgres.operator.condition;

import io.raftgres.operator.model.Observed;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.plan.Step;
import java.util.List;

/** The state of a cluster in one word, for {@code kubectl get}. */
public enum StateWord {

    /** The cluster is as its spec says, and every member serves. */
    READY("Ready"),

    /** The operator changes the cluster, or waits for members. */
    PROGRESSING("Progressing"),

    /** The operator changes nothing, because the spec says that it is paused. */
    PAUSED("Paused"),

    /** No pod runs, because the spec says so. */
    HIBERNATED("Hibernated"),

    /** An administrator must act. */
    STUCK("Stuck");

    private final String text;

    StateWord(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    static StateWord of(Observed seen, Step step, List<Condition> conditions) {
        if (seen.wanted().paused()) {
            return PAUSED;
        }
        if (step instanceof Step.Wait wait && wait.stuck()
                || seen.wanted().images().refusal().isPresent()
                || seen.refused().stream().anyMatch(RefusedWrite::isStuck)) {
            return STUCK;
        }
        if (seen.wanted().hibernated() && step instanceof Step.Done) {
            return HIBERNATED;
        }
        return is("Ready", Condition.Status.TRUE, conditions) ? READY : PROGRESSING;
    }

    private static boolean is(String type, Condition.Status status, List<Condition> conditions) {
        return conditions.stream().anyMatch(condition -> condition.type().equals(type) && condition.status() == status);
    }
}
