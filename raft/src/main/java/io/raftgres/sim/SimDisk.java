package io.raftgres.sim;

import io.raftgres.raft.HardState;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Output.Append;
import java.util.ArrayDeque;

/**
 * A log on a simulated disk. Appends are written in order and are safe once synced. A crash keeps the synced ones, any
 * number of the following ones, and a torn part of the next one: its hard state first, then its entries, in order.
 */
final class SimDisk {
    private final Randomness random;
    private final boolean keepsOldSuffix;
    private LogImage written;
    private LogImage durable;
    private final ArrayDeque<Append> unsynced = new ArrayDeque<>();
    /** Number of unsynced appends that the sync in flight covers; 0 when there is none. */
    private int syncing;

    SimDisk(Membership bootstrap, Randomness random, boolean keepsOldSuffix) {
        this.random = random;
        this.keepsOldSuffix = keepsOldSuffix;
        written = new LogImage(bootstrap);
        durable = new LogImage(bootstrap);
    }

    /** The log with all appends, synced or not: the process reads this. */
    LogImage written() {
        return written;
    }

    /** The log that is certain to survive a crash. */
    LogImage durable() {
        return durable;
    }

    void append(Append append) {
        put(written, append, append.entries().size(), false);
        unsynced.add(append);
    }

    private static void put(LogImage image, Append append, int count, boolean keepSuffix) {
        if (append.hardState() != null) {
            image.store(append.hardState());
        }
        for (int i = 0; i < count; i++) {
            image.put(append.entries().get(i), keepSuffix);
        }
    }

    boolean isIdle() {
        return syncing == 0 && unsynced.isEmpty();
    }

    /** @return number of appends that are not synced */
    int waiting() {
        return unsynced.size();
    }

    boolean isSyncing() {
        return syncing > 0;
    }

    void beginSync() {
        syncing = unsynced.size();
    }

    /** @return the next append that the sync has made durable, null when there are no more */
    Append nextSynced() {
        if (syncing == 0) {
            return null;
        }
        syncing--;
        Append append = unsynced.remove();
        put(durable, append, append.entries().size(), keepsOldSuffix);
        return append;
    }

    /** @return the newest append that is not synced; null when there is none */
    Append newestUnsynced() {
        return unsynced.peekLast();
    }

    void crash() {
        int kept = random.below(unsynced.size() + 1);
        for (int i = 0; i < kept; i++) {
            Append append = unsynced.remove();
            put(durable, append, append.entries().size(), keepsOldSuffix);
        }
        if (!unsynced.isEmpty() && random.chance(0.5)) {
            Append torn = unsynced.peek();
            put(durable, torn, random.below(torn.entries().size() + 1), keepsOldSuffix);
        }
        unsynced.clear();
        syncing = 0;
        written = durable.copy();
    }

    void trim(long newBase) {
        written.cutStart(newBase);
        durable.cutStart(newBase);
    }

    /** Removes all entries and begins after a snapshot; term and vote stay. */
    void restartFrom(long base, long term, Membership membership, long hash) {
        durable.restartFrom(base, term, membership, hash);
        written = durable.copy();
    }

    // Sabotage

    void loseEnd(long keep) {
        durable.cutEnd(Math.max(durable.base(), Math.min(durable.last(), keep)));
        written = durable.copy();
    }

    void replaceHardState(HardState state) {
        durable.store(state);
        written.store(state);
    }
}
