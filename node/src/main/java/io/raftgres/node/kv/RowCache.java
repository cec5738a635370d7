package io.raftgres.node.kv;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Current rows in memory. Rows that PostgreSQL may still lose are always here; the others as far as the bound allows,
 * the least recently read going first (clock algorithm). Absence is remembered like a row; and while there is room for
 * all rows there are, a key that is not here does not exist.
 *
 * <p>The apply thread alone changes it, so it is exact. Any thread may {@link #find}: what it finds is current; what
 * it does not find is in PostgreSQL, because a row leaves only after PostgreSQL has flushed it.
 */
public final class RowCache {

    /** What is known of one key. */
    public static final class Slot {
        private final Key key;
        private final Row row;
        private final long revision;
        private final long changedIndex;
        private volatile boolean used;

        private Slot(Key key, Row row, long revision, long changedIndex) {
            this.key = key;
            this.row = row;
            this.revision = revision;
            this.changedIndex = changedIndex;
        }

        /** @return the current row, null when the key does not exist */
        public Row row() {
            return row;
        }

        /** @return that of the row, or at which the key was deleted; 0 when that is not known, but was long ago */
        public long revision() {
            return revision;
        }

        private int sizeBytes() {
            return row == null ? key.length() + Row.OVERHEAD_BYTES : row.sizeBytes();
        }
    }

    /** Slots that one call looks at, unless many have come since the one before: it runs between two batches. */
    private static final int LOOKS = 8192;

    /** For each that has come. The hand may pass a slot twice before it goes. */
    private static final int LOOKS_EACH = 4;

    private static final Slot ABSENT = new Slot(Key.FIRST, null, 0, 0);

    private final long maxBytes;
    private final ConcurrentHashMap<Key, Slot> slots = new ConcurrentHashMap<>();
    /** Clock hand's order: each key that has a slot, once. */
    private final ArrayDeque<Key> clock = new ArrayDeque<>();
    /** Keys that came since the hand moved. */
    private int came;

    private long bytes;
    /** Of them: of keys that do not exist. */
    private long absentBytes;

    private volatile long evictedIndex;
    private long evictions;

    /** Every row there is, is here. */
    private volatile boolean whole;

    /** @param maxBytes bound for rows that may be dropped; rows not yet flushed come on top, bounded by their writer */
    public RowCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** From now on every row is here, for the store is empty or all its rows were loaded. */
    public void becomeWhole() {
        whole = true;
    }

    public boolean isWhole() {
        return whole;
    }

    /**
     * @return how much has left that something was known by. What is loaded is whole only when there was nothing since
     *     it began: not even a key that does not exist, for {@link #loaded} ignores rows that may be older than what
     *     left
     */
    public long evictions() {
        return evictions;
    }

    /** @return what is known of the key, null when nothing is; callable from any thread */
    public Slot find(Key key) {
        // Looked at before and after: what is not there may be about to be loaded, or may just have left.
        boolean wholeBefore = whole;
        Slot slot = slots.get(key);
        if (slot == null) {
            return wholeBefore && whole ? ABSENT : null;
        }
        if (!slot.used) {
            slot.used = true;
        }
        return slot;
    }

    /** A change made by the log entry at {@code index}. */
    public void changed(Key key, Row row, long index) {
        replace(new Slot(key, row, row.modRevision(), index));
    }

    /** The log entry at {@code index} deleted the key. */
    public void deleted(Key key, long revision, long index) {
        replace(new Slot(key, null, revision, index));
    }

    /** @return the latest entry whose change is not here any more: at which revision it deleted a key, nobody knows */
    public long evictedIndex() {
        return evictedIndex;
    }

    /**
     * A row as PostgreSQL has it; ignored when something newer is or was known.
     *
     * @param row null when PostgreSQL has no such key
     * @param askedAtIndex the applied index before the key was looked for here and then in PostgreSQL
     */
    public void loaded(Key key, Row row, long askedAtIndex) {
        // Only a slot that was changed after the question and has left again could make the answer stale.
        if (evictedIndex <= askedAtIndex && !slots.containsKey(key)) {
            replace(new Slot(key, row, row == null ? 0 : row.modRevision(), 0));
        }
    }

    private void replace(Slot slot) {
        Slot old = slots.put(slot.key, slot);
        if (old != null) {
            count(old, -1);
            slot.used = true;
        } else {
            clock.addLast(slot.key);
            came++;
        }
        count(slot, 1);
    }

    private void count(Slot slot, int sign) {
        bytes += sign * slot.sizeBytes();
        absentBytes += slot.row == null ? sign * slot.sizeBytes() : 0;
    }

    /** Drops rows until the bound holds. @param flushedIndex what PostgreSQL can no longer lose */
    public void evict(long flushedIndex) {
        int looks = Math.min(2 * clock.size(), Math.max(LOOKS, LOOKS_EACH * came));
        came = 0;
        while (looks-- > 0 && bytes > maxBytes) {
            Key key = clock.removeFirst();
            Slot slot = slots.get(key);
            if (slot.changedIndex > flushedIndex || staysLonger(slot)) {
                slot.used = false;
                clock.addLast(key);
                continue;
            }
            if (!whole || slot.row != null) {
                whole = false;
                evictions++;
            }
            // Before it goes: who does not find it any more looks at this next.
            evictedIndex = Math.max(evictedIndex, slot.changedIndex);
            slots.remove(slot.key, slot);
            count(slot, -1);
        }
    }

    /** While all rows fit, what is known of keys that do not exist goes first: it is known without. */
    private boolean staysLonger(Slot slot) {
        return whole && bytes - absentBytes <= maxBytes ? slot.row != null : slot.used;
    }

    public long sizeBytes() {
        return bytes;
    }

    public int size() {
        return slots.size();
    }
}
