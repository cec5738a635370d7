package io.raftgres.node.log;

import java.util.Arrays;

/**
 * Positions of a segment's entries: a sample every {@link #SPACING_BYTES}, and one wherever the log was truncated.
 * Between two samples, the entries are consecutive on disk. A sample takes 8 bytes, so the index of a full segment of
 * 64 MiB takes 64 KiB. Guarded by the log's lock.
 */
final class PositionIndex {

    static final int SPACING_BYTES = 8 << 10;

    private final long firstIndex;
    private int[] deltas = new int[8];
    private int[] positions = new int[8];
    private int size;
    private long lastIndex;

    PositionIndex(long firstIndex) {
        this.firstIndex = firstIndex;
        this.lastIndex = firstIndex - 1;
    }

    /** The segment now ends with entry {@code index}, at {@code position}; samples at or above it are dropped. */
    void add(long index, long position) {
        boolean truncated = index <= lastIndex;
        while (size > 0 && index(size - 1) >= index) {
            size--;
        }
        if (truncated || size == 0 || position - positions[size - 1] >= SPACING_BYTES) {
            if (size == deltas.length) {
                deltas = Arrays.copyOf(deltas, size * 2);
                positions = Arrays.copyOf(positions, size * 2);
            }
            deltas[size] = Math.toIntExact(index - firstIndex);
            positions[size] = Math.toIntExact(position);
            size++;
        }
        lastIndex = index;
    }

    /** @return number of the last sample at or below {@code index} */
    int floor(long index) {
        int found = Arrays.binarySearch(deltas, 0, size, Math.toIntExact(index - firstIndex));
        int sample = found >= 0 ? found : -found - 2;
        if (sample < 0) {
            throw new IllegalStateException("no entry " + index + " in the index of a segment from " + firstIndex);
        }
        return sample;
    }

    int size() {
        return size;
    }

    long index(int sample) {
        return firstIndex + deltas[sample];
    }

    long position(int sample) {
        return positions[sample];
    }
}
