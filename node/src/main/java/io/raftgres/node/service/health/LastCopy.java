package io.raftgres.node.service.health;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * Prevents members from discarding their states all at once, each because it sees another one serve. A member that
 * wants to discard its state asks another member to keep its own, and waits for the agreement. While it asks, it agrees
 * to no request itself. A member that has agreed does not discard its state for a while. So the member on which another
 * relies never discards its own state. Thread-safe.
 */
public final class LastCopy {

    /**
     * A member that has agreed keeps its state for this time. After that it sees that the other member no longer
     * serves.
     */
    static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** An agreement that took longer does not count: its end would be too near. */
    static final long RESPONSE_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final LongSupplier nanoTime;
    private boolean givesUp;
    private boolean keeps;
    private long keptSince;

    LastCopy(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Called when another member asks this one to keep its state, which is correct as far as this member knows.
     *
     * @param stored index of this member's state in PostgreSQL
     * @param needed index that the state must have reached, so that the other's log can continue from it: a member that
     *     has just joined serves too, but has no such state
     * @return whether this member agrees
     */
    synchronized boolean keep(long stored, long needed) {
        if (givesUp || stored < needed) {
            return false;
        }
        keeps = true;
        keptSince = nanoTime.getAsLong();
        return true;
    }

    /**
     * @param others members that serve and could send their state
     * @param asks asks one of them to keep its state; true when it has agreed. Blocks
     * @return whether this member may discard its state, which it must do at once: from then on it agrees to no request
     */
    boolean mayDiscardState(List<Long> others, LongPredicate asks) {
        if (!begin()) {
            return false;
        }
        boolean kept = false;
        try {
            for (long other : others) {
                long asked = nanoTime.getAsLong();
                if (asks.test(other) && nanoTime.getAsLong() - asked < RESPONSE_TIMEOUT_NANOS) {
                    kept = true;
                    return true;
                }
            }
            return false;
        } finally {
            if (!kept) {
                stay();
            }
        }
    }

    private synchronized boolean begin() {
        if (givesUp || keeps && nanoTime.getAsLong() - keptSince < KEPT_NANOS) {
            return false;
        }
        givesUp = true;
        return true;
    }

    private synchronized void stay() {
        givesUp = false;
    }
}
