package io.raftgres.raft;

import java.util.Arrays;

/** Tracks the items in flight in order: the last log index and the bytes of each. The ring grows and never shrinks. */
final class ByteWindow {
    private long[] ends = new long[16];
    private long[] sizes = new long[16];
    private int head;
    private int count;
    private long bytes;

    int count() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return count == 0;
    }

    void add(long lastIndex, long size) {
        if (count == ends.length) {
            ends = unrolled(ends);
            sizes = unrolled(sizes);
            head = 0;
        }
        int slot = (head + count) & (ends.length - 1);
        ends[slot] = lastIndex;
        sizes[slot] = size;
        count++;
        bytes += size;
    }

    /** Removes the items that end at or below {@code index}. */
    void releaseUpTo(long index) {
        while (count > 0 && ends[head] <= index) {
            bytes -= sizes[head];
            head = (head + 1) & (ends.length - 1);
            count--;
        }
    }

    void clear() {
        head = 0;
        count = 0;
        bytes = 0;
    }

    private long[] unrolled(long[] ring) {
        long[] twice = Arrays.copyOf(Arrays.copyOfRange(ring, head, ring.length), ring.length * 2);
        System.arraycopy(ring, 0, twice, ring.length - head, head);
        return twice;
    }
}
