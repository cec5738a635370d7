package io.raftgres.node.rest;

import io.vertx.core.Vertx;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds the request bodies whose time is over, with one timer for all: a timer for each would be set and cancelled in
 * vain for nearly every write. Thread-safe.
 */
final class BodyDeadlines implements AutoCloseable {

    private static final long SWEEP_MILLIS = 500;

    private final Set<BodyReader> open = ConcurrentHashMap.newKeySet();
    private final Vertx vertx;
    private final long timer;

    BodyDeadlines(Vertx vertx) {
        this.vertx = vertx;
        this.timer = vertx.setPeriodic(SWEEP_MILLIS, ignored -> sweep());
    }

    void add(BodyReader reader) {
        open.add(reader);
    }

    void remove(BodyReader reader) {
        open.remove(reader);
    }

    private void sweep() {
        long now = System.nanoTime();
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
