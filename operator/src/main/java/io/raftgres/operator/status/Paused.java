package io.raftgres.operator.status;

import io.raftgres.operator.plan.Observed;

/** Whether the operator keeps its hands off. */
final class Paused {

    private Paused() {}

    static Condition of(Observed seen) {
        return seen.wanted().paused()
                ? Condition.when("Paused", true, "SpecPaused", "nothing is changed until spec.paused is false")
                : Condition.when("Paused", false, "NotPaused", "the operator does what the spec asks");
    }
}
