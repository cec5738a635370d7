package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.memory.MemoryAccount;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The deliveries that wait for one consumer. The buffer has room while it holds little, or while all buffers of the
 * node together do. So when the node's memory for all buffers is used up, a consumer that takes nothing keeps 32 KiB
 * and about one revision, and a fast one always makes progress. Responses to the consumer's own requests are always
 * accepted; the consumer limits their number. Guarded by its feed.
 */
final class DeliveryBuffer {

    /**
     * Percentage of the watches' memory. When all buffers together hold more, no buffer may hold more than its reserve.
     */
    private static final int BUFFER_PARTS = 50;

    /** Bytes above which the buffer accepts nothing more. */
    private static final long MAX_BYTES = 4L << 20;

    /** Bytes that each buffer may hold, regardless of the others. */
    static final long RESERVED_BYTES = 32 << 10;

    private final MemoryAccount nodeBytes;
    private final long maxNodeBytes;
    private final ArrayDeque<Delivery> queue = new ArrayDeque<>();
    private long bytes;
    /** Bytes of the last polled delivery: its consumer may hold it until the next poll. */
    private long polledBytes;

    /** @param nodeBytes bytes of all buffers of the node */
    DeliveryBuffer(MemoryAccount nodeBytes) {
        this.nodeBytes = nodeBytes;
        this.maxNodeBytes = nodeBytes.limit() / 100 * BUFFER_PARTS;
    }

    void put(Delivery delivery) {
        queue.add(delivery);
        account(delivery.sizeBytes());
    }

    /** @return the next delivery; null if there is none */
    Delivery poll() {
        account(-polledBytes);
        Delivery delivery = queue.poll();
        polledBytes = delivery == null ? 0 : delivery.sizeBytes();
        return delivery;
    }

    void clear() {
        queue.clear();
        polledBytes = 0;
        account(-bytes);
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    boolean isFull() {
        return bytes >= MAX_BYTES || bytes >= RESERVED_BYTES && isTight();
    }

    /** @return whether more deliveries should be fetched */
    boolean isLow() {
        return bytes < RESERVED_BYTES;
    }

    /**
     * @return number of these changes that may become one delivery now, in whole revisions; all of them, unless memory
     *     is scarce
     */
    int fitting(List<Change> changes) {
        if (!isTight()) {
            return changes.size();
        }
        long size = 0;
        for (int i = 1; i < changes.size(); i++) {
            size += changes.get(i - 1).sizeBytes();
            if (size >= RESERVED_BYTES
                    && changes.get(i).revision() != changes.get(i - 1).revision()) {
                return i;
            }
        }
        return changes.size();
    }

    private boolean isTight() {
        return nodeBytes.used() >= maxNodeBytes;
    }

    private void account(long change) {
        bytes += change;
        nodeBytes.add(change);
    }
}
