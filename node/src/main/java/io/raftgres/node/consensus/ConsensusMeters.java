package io.raftgres.node.consensus;

import io.raftgres.raft.Role;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/** What the threads of consensus count; a registry is attached when there is one. */
public final class ConsensusMeters {

    private static final long SLOW_SYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long SLOW_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Written by the log's thread alone; 0: never. */
    private volatile long latestSlowNanos;

    private volatile long previousSlowNanos;
    private final LongAdder proposed = new LongAdder();
    private final LongAdder elections = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private volatile LongConsumer syncNanos = nanos -> {};
    private volatile BiConsumer<Integer, Long> group = (appends, bytes) -> {};

    /** A message from the network was not taken, as if it were lost on the way. */
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
     * @param onSync told the duration of each fdatasync in nanoseconds;
     * @param onGroup told appends and bytes of each
     */
    public void attach(LongConsumer onSync, BiConsumer<Integer, Long> onGroup) {
        syncNanos = onSync;
        group = onGroup;
    }

    /** @return whether at least two syncs of the last ten seconds took so long that another member had better lead */
    public boolean isDiskSlow() {
        return previousSlowNanos != 0 && System.nanoTime() - previousSlowNanos < SLOW_MEMORY_NANOS;
    }

    /** @return writes this node has proposed as leader */
    public long proposed() {
        return proposed.sum();
    }

    /** @return messages of others that were dropped for want of room */
    public long messagesDropped() {
        return dropped.sum();
    }

    /** @return elections this node has stood in */
    public long elections() {
        return elections.sum();
    }
}
