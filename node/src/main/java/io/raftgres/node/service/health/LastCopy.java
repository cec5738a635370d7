package io.raftgres.node.service.health;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * Keeps members from giving their states up all at once, each because it sees another serve. Who is about to asks
 * another one to keep its own, and gives up only when that one has agreed; who is about to agrees to nothing, and who
 * has agreed does not begin for a while. So of any that give up, the one that each relies on does not. Thread-safe.
 */
public final class LastCopy {

    /** So long keeps its state who has agreed; after that it sees that the other one no longer serves. */
    static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** An agreement that took longer is not relied on: its end would be too near. */
    static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final LongSupplier nanoTime;
    private boolean givesUp;
    private boolean keeps;
    private long keptSince;

    LastCopy(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Another member asks this one, whose state is in order as far as it knows, to keep it.
     *
     * @param stored index of this one's state in PostgreSQL
     * @param needed index that it must have reached for the other's log to go on from it: a member that has just
     *     joined serves too, and has nothing to give
     * @return whether it will
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
     * @param others members that serve and could give the state
     * @param asks asks one of them to keep its own; true when it has agreed. Blocks
     * @return whether this one may give its state up now, at once: from then on it agrees to nothing
     */
    boolean mayGiveUp(List<Long> others, LongPredicate asks) {
        if (!begin()) {
            return false;
        }
        boolean kept = false;
        try {
            for (long other : others) {
                long asked = nanoTime.getAsLong();
                if (asks.test(other) && nanoTime.getAsLong() - asked < ANSWER_NANOS) {
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
