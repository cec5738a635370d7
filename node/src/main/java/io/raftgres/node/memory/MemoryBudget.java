package io.raftgres.node.memory;

import io.raftgres.node.memory.Share.Kind;
import java.util.EnumMap;
import java.util.Map;

/**
 * How the memory of a node's process is shared out: everything that grows with what clients or members send has its
 * part of one figure, and all of them together are less than there is. What the heap has besides are the process itself
 * and room for the collector, whose young generation holds what lives for a moment.
 */
public final class MemoryBudget {

    /** The least that a node works with; its greatest requests would not fit into less. */
    public static final long LEAST_HEAP_BYTES = 160L << 20;

    /** Classes' own objects, caches of libraries, connections. */
    private static final long PROCESS_BYTES = 48L << 20;

    /** Of a hundred: of what the process leaves of the heap, and of direct memory, whose pools have gaps. */
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
        // What others have enough without is best used for rows.
        bytes.merge(Share.CACHE, left, Long::sum);
    }

    /**
     * @param heapBytes greatest size of the heap
     * @param directBytes greatest size of buffers outside of it
     * @throws IllegalArgumentException when there is too little for any node; the message says what to do
     */
    public static MemoryBudget of(long heapBytes, long directBytes) {
        if (heapBytes < LEAST_HEAP_BYTES || directBytes < LEAST_HEAP_BYTES / 4) {
            throw new IllegalArgumentException("a node needs a heap of " + (LEAST_HEAP_BYTES >> 20) + " MiB and "
                    + (LEAST_HEAP_BYTES >> 22) + " MiB of direct memory at least, and has " + (heapBytes >> 20)
                    + " and " + (directBytes >> 20) + ": give it more by -Xmx and -XX:MaxDirectMemorySize, or give its"
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
