package io.raftgres.node.consensus;

import java.util.concurrent.TimeUnit;

/**
 * Which writes and reads wait for company. While a batch of writes is not committed, those that come gather, but for no
 * longer than a millisecond after it (after Nagle, RFC 896): a round costs each member the same whatever it carries.
 * One client alone never waits, and far members hold nobody up. Reads gather for as long after a batch of several.
 *
 * <p>Owned by the raft thread. Times are of System.nanoTime.
 */
final class ProposalBatching {

    static final long NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A batch of so many reads says that there are more to come. */
    static final int MANY_READS = 4;

    /** Of this term; 0: none. */
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

    /** @param lastIndex of the batch */
    void proposed(long lastIndex, long now) {
        lastProposed = lastIndex;
        proposedNanos = now;
    }

    /** What was proposed as a leader of before may never be committed. */
    void roleChanged() {
        lastProposed = 0;
    }

    /** As {@link #holdsWrites}. */
    boolean holdsReads(long now) {
        readsHeld = lastReads >= MANY_READS && now - readsNanos < NANOS;
        return readsHeld;
    }

    void asked(int reads, long now) {
        lastReads = reads;
        readsNanos = now;
    }

    /**
     * As was decided last, whatever time has passed since: the mailbox wakes nobody for what is held.
     *
     * @param nanos when nothing is held
     * @return for how long nothing is to be done; none: at most 0
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
