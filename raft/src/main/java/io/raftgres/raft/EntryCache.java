package io.raftgres.raft;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Holds the end of the log in memory: all entries that are not durable yet, and recent entries up to a bound in bytes.
 * It is a ring; the low bits of an entry's index give its slot.
 */
final class EntryCache {

    /** @param bytes size of the entries as counted against bounds */
    record Slice(long from, List<Entry> entries, long bytes) {
        long lastIndex() {
            return from + entries.size() - 1;
        }
    }

    private final long maxBytes;
    private Entry[] ring = new Entry[1024];
    private long first;
    private long last;
    private long bytes;

    /** The latest slice: the followers of a leader usually need the same one. */
    private Slice recent;

    /** @param lastIndex end of the log; no entry is cached at first */
    EntryCache(long maxBytes, long lastIndex) {
        this.maxBytes = maxBytes;
        this.first = lastIndex + 1;
        this.last = lastIndex;
    }

    /** @return the smallest cached index; the index after the end of the log when no entry is cached */
    long first() {
        return first;
    }

    /**
     * @return whether the cache holds all entries above {@code index}, and they have at most {@code maxSum} bytes or
     *     are a single entry
     */
    boolean holdsAbove(long index, long maxSum) {
        if (index + 1 < first) {
            return false;
        }
        long sum = 0;
        for (long each = last; each > index; each--) {
            sum += ring[slot(each)].sizeBytes();
            if (sum > maxSum) {
                return each == last && each == index + 1;
            }
        }
        return true;
    }

    void append(Entry entry) {
        if (last - first + 1 == ring.length) {
            grow();
        }
        last = entry.index();
        ring[slot(last)] = entry;
        bytes += entry.sizeBytes();
    }

    void truncate(long from) {
        while (last >= from && last >= first) {
            drop(last--);
        }
        if (last < first) {
            first = from;
            last = from - 1;
        }
        recent = null;
    }

    /** Drops the oldest entries while the cache exceeds its bound. Keeps every entry above {@code durableIndex}. */
    void evict(long durableIndex) {
        while (bytes > maxBytes && first <= durableIndex && first <= last) {
            drop(first++);
        }
    }

    /** Drops all entries below {@code firstIndex}. */
    void trim(long firstIndex) {
        while (first < firstIndex && first <= last) {
            drop(first++);
        }
    }

    /**
     * @param from first index wanted, cached
     * @param to last index wanted, cached
     * @return entries from {@code from} on, at most {@code maxSliceBytes} bytes but at least one entry
     */
    Slice slice(long from, long to, long maxSliceBytes) {
        if (from < first || to > last || from > to) {
            throw new IllegalStateException(
                    "entries " + from + " to " + to + " requested from a cache of " + first + " to " + last);
        }
        if (recent != null && recent.from == from && recent.lastIndex() == to && recent.bytes <= maxSliceBytes) {
            return recent;
        }
        long sum = ring[slot(from)].sizeBytes();
        long end = from;
        while (end < to && sum + ring[slot(end + 1)].sizeBytes() <= maxSliceBytes) {
            end++;
            sum += ring[slot(end)].sizeBytes();
        }
        if (recent != null && recent.from == from && recent.lastIndex() == end) {
            return recent;
        }
        Entry[] entries = new Entry[(int) (end - from + 1)];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = ring[slot(from + i)];
        }
        recent = new Slice(from, Collections.unmodifiableList(Arrays.asList(entries)), sum);
        return recent;
    }

    private void drop(long index) {
        int slot = slot(index);
        bytes -= ring[slot].sizeBytes();
        ring[slot] = null;
        recent = null;
    }

    private void grow() {
        Entry[] old = ring;
        ring = new Entry[old.length * 2];
        for (long index = first; index <= last; index++) {
            ring[slot(index)] = old[(int) (index & (old.length - 1))];
        }
    }

    private int slot(long index) {
        return (int) (index & (ring.length - 1));
    }
}
