package io.raftgres.operator.plan;

import java.util.Optional;

/** One concern. Where nothing is to be done for it, the next rule is asked. */
interface Rule {

    /**
     * @return a step; a {@link Step.Wait} when something is to be done and may not be yet; empty when nothing is to
     * be
     */
    Optional<Step> next(ClusterState seen);

    /**
     * Whether the rules after this one have to wait too. Otherwise its wait is told only when they have nothing to
     * do.
     */
    default boolean holdsUpTheRest() {
        return false;
    }

    static Optional<Step> waiting(String reason) {
        return Optional.of(new Step.Wait(reason, false));
    }

    /** @param reason says what a person has to do */
    static Optional<Step> stuck(String reason) {
        return Optional.of(new Step.Wait(reason, true));
    }
}
