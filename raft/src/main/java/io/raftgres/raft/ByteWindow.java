package io.raftgres.raft;

import java.util.Arrays;

/** What is under way, in order: for each item the log index that ends it and its bytes. Grows, never shrinks. */
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

    /** Forgets the items that end at or below {@code index}. */
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
