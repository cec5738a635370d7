package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What waits for one consumer. It has room as long as it holds little, or the buffers of the node together do: so one
 * that takes nothing keeps 32 KiB and about one revision when the node's memory for all is used up, and one that is
 * quick always gets on. What the consumer has asked for itself (answers to its requests) is taken in any case; it
 * bounds that. Guarded by its feed.
 */
final class DeliveryBuffer {

    /** Bytes that all buffers of a node hold together, beyond which none takes more than its reserve. */
    static final long MAX_NODE_BYTES = 64L << 20;

    /** Bytes beyond which nothing more is taken. */
    private static final long MAX_BYTES = 4L << 20;

    /** Bytes that each may hold whatever the others do. */
    static final long RESERVED_BYTES = 32 << 10;

    private final AtomicLong nodeBytes;
    private final ArrayDeque<Delivery> queue = new ArrayDeque<>();
    private long bytes;

    /** @param nodeBytes what all of them hold */
    DeliveryBuffer(AtomicLong nodeBytes) {
        this.nodeBytes = nodeBytes;
    }

    void put(Delivery delivery) {
        queue.add(delivery);
        account(delivery.sizeBytes());
    }

    /** @return null when there is none */
    Delivery poll() {
        Delivery delivery = queue.poll();
        if (delivery != null) {
            account(-delivery.sizeBytes());
        }
        return delivery;
    }

    void clear() {
        queue.clear();
        account(-bytes);
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    boolean isFull() {
        return bytes >= MAX_BYTES || bytes >= RESERVED_BYTES && isTight();
    }

    /** @return whether it is time to fetch more */
    boolean isLow() {
        return bytes < RESERVED_BYTES;
    }

    /** @return how many of these may become one delivery now, whole revisions; all of them, unless memory is tight */
    int fitting(List<Change> changes) {
        if (!isTight()) {
            return changes.size();
        }
        long size = 0;
        for (int i = 1; i < changes.size(); i++) {
            size += changes.get(i - 1).sizeBytes();
            if (size >= RESERVED_BYTES && changes.get(i).revision() != changes.get(i - 1).revision()) {
                return i;
            }
        }
        return changes.size();
    }

    private boolean isTight() {
        return nodeBytes.get() >= MAX_NODE_BYTES;
    }

    private void account(long change) {
        bytes += change;
        nodeBytes.addAndGet(change);
    }
}
