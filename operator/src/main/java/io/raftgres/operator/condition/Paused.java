package io.raftgres.operator.condition;

import io.raftgres.operator.model.Observed;

/** Whether the operator changes nothing, because the spec says that it is paused. */
final class Paused {

    private Paused() {}

    static Condition of(Observed seen) {
        return seen.wanted().paused()
                ? Condition.when(
                        "Paused",
                        true,
                        "SpecPaused",
                        "spec.paused is true: the operator changes nothing" + " until it is false")
                : Condition.when("Paused", false, "NotPaused", "the operator applies the spec");
    }
}
