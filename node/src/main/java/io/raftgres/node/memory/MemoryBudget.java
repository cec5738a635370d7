package io.raftgres.node.memory;

import io.raftgres.node.memory.Share.Kind;
import java.util.EnumMap;
import java.util.Map;

/**
 * Divides the memory of a node's process into shares. All memory that grows with requests of clients or members has a
 * share of one total, and all shares together are less than the available memory. The rest of the heap is for the
 * process itself and the collector, whose young generation holds short-lived objects.
 */
public final class MemoryBudget {

    /** The smallest heap for a node; its largest requests would not fit into less. */
    public static final long LEAST_HEAP_BYTES = 160L << 20;

    /** Classes, caches of libraries, connections. */
    private static final long PROCESS_BYTES = 48L << 20;

    /** Percentage that is shared: of the heap without the process, and of direct memory, whose pools have gaps. */
    private static final int HEAP_SHARED = 70;

    private static final int DIRECT_SHARED = 80;

    private final Map<Share, Long> bytes = new EnumMap<>(Share.class);

    private MemoryBudget(long heapBytes, long directBytes) {
        long heap = (heapBytes - PROCESS_BYTES) / 100 * HEAP_SHARED;
        long direct = directBytes / 100 * DIRECT_SHARED;
        long left = heap;
        for (Share share : Share.values()) {
            long whole = share.kind() == Kind.HEAP ? heap : direct;
            bytes.put(share, Math.min(share.mostBytes, whole / 100 * share.parts));
            left -= share.kind() == Kind.HEAP ? bytes.get(share) : 0;
        }
        // Bytes above the other shares' upper bounds are best used for rows.
        bytes.merge(Share.CACHE, left, Long::sum);
    }

    /**
     * @param heapBytes largest size of the heap
     * @param directBytes largest size of buffers outside of the heap
     * @throws IllegalArgumentException when there is too little memory for any node; the message gives the next step
     */
    public static MemoryBudget of(long heapBytes, long directBytes) {
        if (heapBytes < LEAST_HEAP_BYTES || directBytes < LEAST_HEAP_BYTES / 4) {
            throw new IllegalArgumentException("a node needs a heap of " + (LEAST_HEAP_BYTES >> 20) + " MiB and "
                    + (LEAST_HEAP_BYTES >> 22) + " MiB of direct memory at least, but has " + (heapBytes >> 20)
                    + " and " + (directBytes >> 20) + ": raise -Xmx and -XX:MaxDirectMemorySize, or give its"
                    + " container more memory");
        }
        return new MemoryBudget(heapBytes, directBytes);
    }

    /** @return bytes that the share may hold */
    public long bytes(Share share) {
        return bytes.get(share);
    }

    /** @return all shares of that kind together */
    long sum(Kind kind) {
        return bytes.entrySet().stream()
                .filter(each -> each.getKey().kind() == kind)
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
