package io.raftgres.operator.plan;

import java.util.Optional;

/** Plans one kind of action. When it has no step, the planner asks the next rule. */
interface Rule {

    /** @return a step; a {@link Step.Wait} when a step is needed but not allowed yet; empty when none is needed */
    Optional<Step> next(ClusterState seen);

    /** Whether a wait of this rule ends the plan. Otherwise it is reported only when the later rules have no step. */
    default boolean isGate() {
        return false;
    }

    static Optional<Step> waiting(String reason) {
        return Optional.of(new Step.Wait(reason, false));
    }

    /** @param reason names the cause and what an administrator has to do */
    static Optional<Step> stuck(String reason) {
        return Optional.of(new Step.Wait(reason, true));
    }
}
