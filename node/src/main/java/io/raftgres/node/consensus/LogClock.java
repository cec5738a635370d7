package io.raftgres.node.consensus;

import java.util.concurrent.TimeUnit;

/**
 * The log's time, as a leader writes it into the entries that it proposes: it goes on from the last time in the log by
 * what has passed since this member came to lead, on a clock that nobody sets. So it is no date, and whatever the
 * members' dates are, it never runs ahead of real time: what is remembered for some time is remembered for that long at
 * least. While nobody leads, it stands still. For one thread.
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
     * @param applied as above: what it begins from may have been behind the log's end
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
