package io.raftgres.node.service.health;

import java.util.concurrent.TimeUnit;

/**
 * Detects that this member makes no progress: others report committed entries, and this member has not learned of
 * a single new commit for a long time. Used by one thread.
 */
final class CatchUpWatch {

    /** Longer than an election, and than a leader needs to find where a member's log matches its own. */
    static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(10);

    private long lastCommit = -1;
    private long sinceNanos;

    /**
     * @param commit this member's commit index
     * @param othersCommit largest commit index that others reported recently; 0 when none did
     */
    boolean isStuck(long commit, long othersCommit, long nowNanos) {
        if (commit != lastCommit || commit >= othersCommit) {
            lastCommit = commit;
            sinceNanos = nowNanos;
        }
        return nowNanos - sinceNanos >= STUCK_NANOS;
    }
}
