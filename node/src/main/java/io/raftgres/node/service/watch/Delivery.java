package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.ServiceException;
import java.util.List;

/** A delivery of a feed to its consumer; deliveries keep their order. */
public sealed interface Delivery {

    /** Approximate bytes of memory for each delivery. */
    int OVERHEAD_BYTES = 96;

    /** @return approximate bytes that this delivery holds; shared changes count for each consumer */
    default long sizeBytes() {
        return OVERHEAD_BYTES;
    }

    /**
     * The first delivery of each watcher.
     *
     * @param revision the store's revision
     */
    record Created(Watcher watcher, long revision) implements Delivery {}

    /**
     * @param changes of one or more whole revisions, never empty
     * @param revision that of the last change, or the store's if they come late
     */
    record Changes(Watcher watcher, List<Change> changes, long revision, long sizeBytes) implements Delivery {
        static Changes of(Watcher watcher, List<Change> changes, long revision) {
            long size = OVERHEAD_BYTES;
            for (Change change : changes) {
                size += change.sizeBytes();
            }
            return new Changes(watcher, changes, revision, size);
        }
    }

    /**
     * All changes up to {@code revision} were delivered.
     *
     * @param watcher to this watcher; null: to all watchers of the feed
     */
    record Progress(Watcher watcher, long revision) implements Delivery {}

    /**
     * The last delivery of its watcher.
     *
     * @param reason why the watch ended; null: its consumer has cancelled it
     * @param revision the store's revision
     */
    record Cancelled(Watcher watcher, ServiceException reason, long revision) implements Delivery {}

    /** An object of the consumer itself, at the position at which it was added. */
    record Own(Object content) implements Delivery {}
}
