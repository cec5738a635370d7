package io.raftgres.sim;

/** Reports that an invariant does not hold. */
final class Violation extends RuntimeException {
    private final transient Invariant invariant;

    Violation(Invariant invariant, String detail) {
        super(detail);
        this.invariant = invariant;
    }

    Violation(Invariant invariant, String detail, Throwable cause) {
        super(detail, cause);
        this.invariant = invariant;
    }

    Invariant invariant() {
        return invariant;
    }
}
