package io.raftgres.node.consensus;

import io.raftgres.raft.Role;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/** Counters of the consensus threads; a metrics registry attaches to them when there is one. */
public final class ConsensusMeters {

    private static final long SLOW_SYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long SLOW_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Written only by the log's thread; 0: never. */
    private volatile long latestSlowNanos;

    private volatile long previousSlowNanos;
    private final LongAdder proposed = new LongAdder();
    private final LongAdder elections = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile LongConsumer syncNanos = nanos -> {};
    private volatile BiConsumer<Integer, Long> group = (appends, bytes) -> {};

    /** A message from the network was dropped, as if it were lost in transit. */
    void dropped() {
        dropped.increment();
    }

    void proposed(int writes) {
        proposed.add(writes);
    }

    void roleChanged(Role role) {
        if (role == Role.CANDIDATE) {
            elections.increment();
        }
    }

    void synced(int appends, long bytes, long nanos) {
        if (nanos > SLOW_SYNC_NANOS) {
            previousSlowNanos = latestSlowNanos;
            latestSlowNanos = System.nanoTime() | 1;
        }
        syncNanos.accept(nanos);
        group.accept(appends, bytes);
    }

    /**
     * @param onSync receives the duration of each fdatasync in nanoseconds
     * @param onGroup receives the number of appends and the bytes of each group
     */
    public void attach(LongConsumer onSync, BiConsumer<Integer, Long> onGroup) {
        syncNanos = onSync;
        group = onGroup;
    }

    /** @return whether at least two syncs of the last ten seconds were so slow that another member should lead */
    public boolean isDiskSlow() {
        return previousSlowNanos != 0 && System.nanoTime() - previousSlowNanos < SLOW_MEMORY_NANOS;
    }

    /** @return writes that this node has proposed as leader */
    public long proposed() {
        return proposed.sum();
    }

    /** @return messages of other members that were dropped because the mailbox was full */
    public long messagesDropped() {
        return dropped.sum();
    }

    /** @return elections in which this node was a candidate */
    public long elections() {
        return elections.sum();
    }
}
