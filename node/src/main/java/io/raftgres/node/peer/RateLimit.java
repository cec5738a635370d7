package io.raftgres.node.peer;

/** Passes the first of many similar events, and then one in each interval, so that they cannot fill a log. */
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
