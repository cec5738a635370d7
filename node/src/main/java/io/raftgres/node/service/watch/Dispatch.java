package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Gives changes to the watchers of an index, never a part of a revision: what a watcher gets of some revisions becomes
 * one delivery. Used by one thread.
 */
final class Dispatch {

    /** Changes collected for all watchers together before they are handed over at the end of a revision. */
    private static final int MAX_PENDING = 8_192;

    /** Of changes that become one delivery, roughly: a message should not grow beyond what clients take. */
    static final long MAX_DELIVERY_BYTES = 512 << 10;

    private final WatcherIndex index;
    private final Consumer<Watcher> refused;
    private final Consumer<Watcher> collector = this::collect;
    private final List<Watcher> touched = new ArrayList<>();
    private Change change;
    private int pending;

    /** @param refused told each watcher that has left the index because its feed was full */
    Dispatch(WatcherIndex index, Consumer<Watcher> refused) {
        this.index = index;
        this.refused = refused;
    }

    /**
     * @param changes of whole revisions, in order
     * @param revision told with each delivery; 0: its last change's
     */
    void run(List<Change> changes, long revision) {
        long bytes = 0;
        for (int i = 0; i < changes.size(); i++) {
            Change next = changes.get(i);
            boolean enough = pending >= MAX_PENDING || bytes >= MAX_DELIVERY_BYTES;
            if (enough && next.revision() != change.revision()) {
                deliver(revision);
                bytes = 0;
            }
            change = next;
            bytes += next.sizeBytes();
            index.matching(next.key(), collector);
        }
        deliver(revision);
        change = null;
    }

    private void collect(Watcher watcher) {
        if (change.revision() <= watcher.position || !watcher.spec.wants(change)) {
            return;
        }
        if (watcher.pending == null) {
            watcher.pending = new ArrayList<>(2);
            touched.add(watcher);
        }
        watcher.pending.add(change);
        pending++;
    }

    private void deliver(long revision) {
        for (Watcher watcher : touched) {
            List<Change> changes = watcher.pending;
            watcher.pending = null;
            if (!watcher.feed.offer(watcher, changes, revision)) {
                index.remove(watcher);
                refused.accept(watcher);
            }
        }
        touched.clear();
        pending = 0;
    }
}
