package io.raftgres.node.consensus;

import java.util.concurrent.TimeUnit;

/**
 * Delays proposals and reads by up to 1 ms to batch them. While a batch of writes is uncommitted, later writes wait,
 * but at most one millisecond after that batch (after Nagle, RFC 896): a round costs each member the same whatever it
 * carries. A single client never waits, and distant members delay no client. Reads wait as long after a batch of
 * several reads.
 *
 * <p>Owned by the raft thread. Times are of System.nanoTime.
 */
final class ProposalBatching {

    static final long NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A batch of this many reads shows that more are to come. */
    static final int MANY_READS = 4;

    /** Last index proposed in this term; 0: none. */
    private long lastProposed;

    private long proposedNanos;
    private boolean writesHeld;
    private int lastReads;
    private long readsNanos;
    private boolean readsHeld;

    /** @return whether writes wait until {@link #left} is over */
    boolean holdsWrites(long commitIndex, long now) {
        writesHeld = commitIndex < lastProposed && now - proposedNanos < NANOS;
        return writesHeld;
    }

    /** @param lastIndex last index of the batch */
    void proposed(long lastIndex, long now) {
        lastProposed = lastIndex;
        proposedNanos = now;
    }

    /** Entries proposed in an earlier leadership may never be committed, so they delay no writes. */
    void roleChanged() {
        lastProposed = 0;
    }

    /** See {@link #holdsWrites}. */
    boolean holdsReads(long now) {
        readsHeld = lastReads >= MANY_READS && now - readsNanos < NANOS;
        return readsHeld;
    }

    void asked(int reads, long now) {
        lastReads = reads;
        readsNanos = now;
    }

    /**
     * Uses the latest decision whatever time has passed since: the mailbox wakes no thread for held items.
     *
     * @param nanos the wait when nothing is held
     * @return how long the raft thread may wait; at most 0: it must not wait
     */
    long left(long nanos, long now) {
        long left = nanos;
        if (writesHeld) {
            left = Math.min(left, proposedNanos + NANOS - now);
        }
        if (readsHeld) {
            left = Math.min(left, readsNanos + NANOS - now);
        }
        return left;
    }
}
