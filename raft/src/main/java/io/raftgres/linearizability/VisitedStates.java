package io.raftgres.linearizability;

/**
 * A set of 128-bit fingerprints with open addressing. Two different configurations with the same fingerprint would hide
 * a branch of the search; at 10 million states the probability is below 1e-24.
 */
final class VisitedStates {
    private long[] slots = new long[2 * 256];
    private int size;

    int size() {
        return size;
    }

    /** @return whether the fingerprint was new */
    boolean add(long high, long low) {
        long a = high == 0 && low == 0 ? 1 : high;
        if (2 * size >= slots.length / 2) {
            grow();
        }
        if (!insert(slots, a, low)) {
            return false;
        }
        size++;
        return true;
    }

    private static boolean insert(long[] table, long high, long low) {
        int mask = table.length / 2 - 1;
        int slot = (int) (low ^ low >>> 32) & mask;
        while (table[2 * slot] != 0 || table[2 * slot + 1] != 0) {
            if (table[2 * slot] == high && table[2 * slot + 1] == low) {
                return false;
            }
            slot = slot + 1 & mask;
        }
        table[2 * slot] = high;
        table[2 * slot + 1] = low;
        return true;
    }

    private void grow() {
        long[] next = new long[slots.length * 2];
        for (int i = 0; i < slots.length; i += 2) {
            if (slots[i] != 0 || slots[i + 1] != 0) {
                insert(next, slots[i], slots[i + 1]);
            }
        }
        slots = next;
    }
}
