package io.raftgres.node.consensus;

import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Set hashes of the state at certain log indexes, the same indexes at every member. With them members can compare their
 * states although they never are at the same index at the same time. Only the latest hashes are kept.
 */
public final class Checkpoints {

    /** Number of entries between two checkpoints. */
    public static final int EVERY = 1_000;

    private static final int KEPT = 64;

    private final TreeMap<Long, Long> hashes = new TreeMap<>();

    /** Called by the apply thread after each entry. */
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

    /** @return the hash at this index; empty when there is none or it is no longer kept */
    public synchronized OptionalLong at(long index) {
        Long hash = hashes.get(index);
        return hash == null ? OptionalLong.empty() : OptionalLong.of(hash);
    }
}
