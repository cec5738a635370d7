package io.raftgres.node.consensus;

import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The set hash of the state at certain log indexes, the same at every member, so that members can compare what they
 * hold though they are never at the same index at the same moment. The latest few are kept.
 */
public final class Checkpoints {

    /** Entries from one to the next. */
    public static final int EVERY = 1_000;

    private static final int KEPT = 64;

    private final TreeMap<Long, Long> hashes = new TreeMap<>();

    /** For the apply thread, after each entry. */
    void applied(long index, long hash) {
        if (index % EVERY == 0) {
            add(index, hash);
        }
    }

    private synchronized void add(long index, long hash) {
        hashes.put(index, hash);
        if (hashes.size() > KEPT) {
            hashes.pollFirstEntry();
        }
    }

    /** @return hash by index, the latest {@code count} */
    public synchronized SortedMap<Long, Long> latest(int count) {
        TreeMap<Long, Long> latest = new TreeMap<>();
        for (var entry : hashes.descendingMap().entrySet()) {
            if (latest.size() == count) {
                break;
            }
            latest.put(entry.getKey(), entry.getValue());
        }
        return latest;
    }

    /** @return the hash at this index; empty when there is none, or none any more */
    public synchronized OptionalLong at(long index) {
        Long hash = hashes.get(index);
        return hash == null ? OptionalLong.empty() : OptionalLong.of(hash);
    }
}
