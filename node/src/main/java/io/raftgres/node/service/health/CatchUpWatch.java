package io.raftgres.node.service.health;

import java.util.concurrent.TimeUnit;

/**
 * Whether this member gets on: one that hears of entries that others have committed, and for long is not a single one
 * further itself, is behind and stays so. Asked by one thread.
 */
final class CatchUpWatch {

    /** Longer than elections, and than what a leader needs to find out where a log agrees with its own. */
    static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(10);

    private long lastCommit = -1;
    private long sinceNanos;

    /**
     * @param commit this member's commit index
     * @param othersCommit largest one that others have told lately; 0 when none has
     */
    boolean isStuck(long commit, long othersCommit, long nowNanos) {
        if (commit != lastCommit || commit >= othersCommit) {
            lastCommit = commit;
            sinceNanos = nowNanos;
        }
        return nowNanos - sinceNanos >= STUCK_NANOS;
    }
}
