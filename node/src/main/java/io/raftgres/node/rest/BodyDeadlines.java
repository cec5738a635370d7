package io.raftgres.node.rest;

import io.vertx.core.Vertx;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Finds the request bodies whose time is over, with one timer for all. A timer for each body would be set and cancelled
 * without need for nearly every write. Thread-safe.
 */
final class BodyDeadlines implements AutoCloseable {

    private static final long SWEEP_MILLIS = 500;

    private final Set<BodyReader> open = ConcurrentHashMap.newKeySet();
    private final Vertx vertx;
    private final long timer;
    /** Written by the timer only. */
    private volatile long lateNanos;

    private long nextSweepNanos;

    BodyDeadlines(Vertx vertx) {
        this.vertx = vertx;
        this.nextSweepNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS);
        this.timer = vertx.setPeriodic(SWEEP_MILLIS, ignored -> sweep());
    }

    void add(BodyReader reader) {
        open.add(reader);
    }

    void remove(BodyReader reader) {
        open.remove(reader);
    }

    /** @return total delay of the sweeps: the time in which this node was too busy to read */
    long lateNanos() {
        return lateNanos;
    }

    private void sweep() {
        long now = System.nanoTime();
        lateNanos += Math.max(0, now - nextSweepNanos);
        nextSweepNanos = now + TimeUnit.MILLISECONDS.toNanos(SWEEP_MILLIS);
        for (BodyReader reader : open) {
            if (now - reader.deadlineNanos >= 0) {
                open.remove(reader);
                reader.timedOut();
            }
        }
    }

    @Override
    public void close() {
        vertx.cancelTimer(timer);
    }
}
