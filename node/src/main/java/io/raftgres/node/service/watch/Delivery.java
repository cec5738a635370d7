package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.ServiceException;
import java.util.List;

/** What a consumer takes from its feed, in this order. */
public sealed interface Delivery {

    /** Held for each in memory, roughly. */
    int OVERHEAD_BYTES = 96;

    /** @return bytes that it holds, roughly; changes are shared and yet count for each who has them */
    default long sizeBytes() {
        return OVERHEAD_BYTES;
    }

    /** The first of each watcher. @param revision the store's */
    record Created(Watcher watcher, long revision) implements Delivery {}

    /**
     * @param changes of one or more whole revisions, never none
     * @param revision the last change's, or the store's when they come late
     */
    record Changes(Watcher watcher, List<Change> changes, long revision, long sizeBytes) implements Delivery {}

    /**
     * Everything up to {@code revision} was delivered.
     *
     * @param watcher to this one; null: to all of the feed
     */
    record Progress(Watcher watcher, long revision) implements Delivery {}

    /** The last of its watcher. @param reason null: the consumer has cancelled it; @param revision the store's */
    record Cancelled(Watcher watcher, ServiceException reason, long revision) implements Delivery {}

    /** The consumer's own, in the order in which it was put in. */
    record Own(Object content) implements Delivery {}
}
