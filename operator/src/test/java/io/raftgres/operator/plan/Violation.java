package io.raftgres.operator.plan;

/** A promise of the planner is broken. */
final class Violation extends RuntimeException {

    enum Promise {
        ONE_DOWN_BY_OUR_HAND,
        QUORUM_KEPT,
        LEADER_TRANSFERRED,
        CLAIMS_OF_MEMBERS_STAY,
        DATA_KEPT,
        RECOVERY_ONLY_WHEN_LOST,
        COMES_TO_AN_END,
        AS_WANTED
    }

    private static final long serialVersionUID = 1;

    private final Promise promise;

    Violation(Promise promise, String message) {
        super(promise + ": " + message);
        this.promise = promise;
    }

    Promise promise() {
        return promise;
    }
}
