package io.raftgres.sim;

import io.raftgres.raft.Entry;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The simulated PostgreSQL: stores applied batches as transactions and flushes them after a delay. A crash keeps the
 * flushed transactions and loses some of the newest ones, as whole transactions.
 */
final class SimStore {
    private final MapMachine empty;
    private MapMachine flushed;
    private final ArrayDeque<List<Entry>> unflushed = new ArrayDeque<>();
    private int flushing;
    private boolean lost;
    private boolean installed;

    SimStore(MapMachine empty) {
        this.empty = empty;
        flushed = empty.copy();
    }

    /** @return a copy of the state as of {@link #flushedIndex} */
    MapMachine flushed() {
        return flushed.copy();
    }

    /** @return a copy of the state with all transactions, flushed or not */
    MapMachine visible() {
        MapMachine state = flushed.copy();
        unflushed.forEach(batch -> batch.forEach(state::apply));
        return state;
    }

    long flushedIndex() {
        return flushed.applied();
    }

    long visibleIndex() {
        return unflushed.isEmpty()
                ? flushed.applied()
                : unflushed.getLast().getLast().index();
    }

    /** @return whether its whole content is lost */
    boolean isLost() {
        return lost;
    }

    /** @return whether the state came from a snapshot, and the log has not been fitted to it yet */
    boolean isInstalled() {
        return installed;
    }

    void write(List<Entry> batch) {
        unflushed.add(batch);
    }

    void beginFlush() {
        flushing = unflushed.size();
    }

    void endFlush() {
        keep(flushing);
        flushing = 0;
    }

    void crash(Randomness random) {
        keep(random.below(unflushed.size() + 1));
        unflushed.clear();
        flushing = 0;
    }

    void lose() {
        flushed = empty.copy();
        lost = true;
        installed = false;
    }

    /** Installs the snapshot in one flushed transaction: a crash leaves either the old or the new state. */
    void install(MapMachine snapshot) {
        flushed = snapshot.copy();
        lost = false;
        installed = true;
    }

    void settled() {
        installed = false;
    }

    private void keep(int batches) {
        for (int i = 0; i < batches; i++) {
            unflushed.remove().forEach(flushed::apply);
        }
    }
}
