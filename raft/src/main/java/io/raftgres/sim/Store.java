package io.raftgres.sim;

import io.raftgres.raft.Entry;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The simulated PostgreSQL: takes applied batches as transactions and flushes them some time later. A crash keeps what
 * was flushed and loses some of the newest transactions, whole ones.
 */
final class Store {
    private MapMachine flushed;
    private final ArrayDeque<List<Entry>> unflushed = new ArrayDeque<>();
    private int flushing;

    Store(MapMachine empty) {
        flushed = empty;
    }

    /** @return state as of {@link #flushedIndex} */
    MapMachine load() {
        return flushed.copy();
    }

    long flushedIndex() {
        return flushed.applied();
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

    private void keep(int batches) {
        for (int i = 0; i < batches; i++) {
            unflushed.remove().forEach(flushed::apply);
        }
    }
}
