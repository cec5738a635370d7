package io.raftgres.node.peer;

/** Lets the first of many like events through, and then one in a while, so that nobody can fill a log. */
final class RateLimit {
    private final long intervalNanos;
    private long next;
    private boolean started;

    RateLimit(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    synchronized boolean permits(long nowNanos) {
        if (started && nowNanos - next < 0) {
            return false;
        }
        started = true;
        next = nowNanos + intervalNanos;
        return true;
    }
}
