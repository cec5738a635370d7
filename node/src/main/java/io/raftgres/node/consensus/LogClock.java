package io.raftgres.node.consensus;

import java.util.concurrent.TimeUnit;

/**
 * The log's time, which a leader writes into the entries that it proposes. It continues from the last time in the log
 * by the time since this member began to lead, on a monotonic clock. So it is not a date. It never runs ahead of real
 * time, whatever the members' dates are: records kept for some time are kept at least that long. It stands still while
 * there is no leader. For one thread.
 */
final class LogClock {
    private long millis;
    private long sinceNanos;

    /** This member begins to lead. @param applied the log's time as far as this member has applied it, milliseconds */
    void begin(long applied, long nowNanos) {
        millis = applied;
        sinceNanos = nowNanos;
    }

    /**
     * @param applied as above: the time at the beginning may have been behind the log's end
     * @return the time of an entry that is proposed now, milliseconds
     */
    long millis(long applied, long nowNanos) {
        long now = millis + TimeUnit.NANOSECONDS.toMillis(nowNanos - sinceNanos);
        if (applied > now) {
            begin(applied, nowNanos);
            return applied;
        }
        return now;
    }
}
