package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * Delivers changes to the watchers of an index, in whole revisions: a watcher's changes of several revisions become one
 * delivery. Watchers of one range share one list of changes, however many they are. Used by one thread.
 */
final class Dispatch {

    /** Changes collected for all ranges together until the end of a revision. */
    private static final int MAX_PENDING = 8_192;

    /** Approximate bytes of the changes in one delivery: a message should not be longer than clients accept. */
    static final long MAX_DELIVERY_BYTES = 512 << 10;

    private final WatcherIndex index;
    private final Consumer<Watcher> refused;
    private final Consumer<Bucket> collector = this::collect;
    private final List<Bucket> touched = new ArrayList<>();
    private Change change;
    private int pending;

    /** @param refused receives each watcher that has left the index because its feed was full */
    Dispatch(WatcherIndex index, Consumer<Watcher> refused) {
        this.index = index;
        this.refused = refused;
    }

    /**
     * @param changes of whole revisions, in order
     * @param revision sent with each delivery; 0: its last change's
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

    private void collect(Bucket bucket) {
        if (bucket.pending == null) {
            bucket.pending = new ArrayList<>(2);
            touched.add(bucket);
        }
        bucket.pending.add(change);
        pending++;
    }

    private void deliver(long revision) {
        for (Bucket bucket : touched) {
            List<Change> changes = Collections.unmodifiableList(bucket.pending);
            bucket.pending = null;
            bucket.forEach(watcher -> give(watcher, changes, revision));
        }
        touched.clear();
        pending = 0;
    }

    private void give(Watcher watcher, List<Change> changes, long revision) {
        List<Change> wanted = wanted(watcher, changes);
        if (!wanted.isEmpty() && !watcher.feed.offer(watcher, wanted, revision)) {
            index.remove(watcher);
            refused.accept(watcher);
        }
    }

    private static List<Change> wanted(Watcher watcher, List<Change> changes) {
        if (changes.getFirst().revision() > watcher.position && watcher.spec.puts() && watcher.spec.deletes()) {
            return changes;
        }
        return changes.stream()
                .filter(each -> each.revision() > watcher.position && watcher.spec.wants(each))
                .toList();
    }
}
