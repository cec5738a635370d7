package io.raftgres.node.kv;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Current rows in memory. Rows that PostgreSQL may still lose are always here. The others are here as far as the bound
 * allows; the least recently read are dropped first (clock algorithm). Missing keys are cached like rows. While all
 * existing rows fit, a key that is not here does not exist.
 *
 * <p>Only the apply thread changes it, so it is exact. Any thread may {@link #find}: a result is current. A key that is
 * not found is in PostgreSQL, because a row is dropped only after PostgreSQL has flushed it.
 */
public final class RowCache {

    /** The cached knowledge of one key. */
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

        /** @return revision of the row, or of the key's deletion; 0 when it is unknown, but was long ago */
        public long revision() {
            return revision;
        }

        private int sizeBytes() {
            return row == null ? key.length() + Row.OVERHEAD_BYTES : row.sizeBytes();
        }
    }

    /** Slots that one call visits, unless many were added since the previous call: it runs between two batches. */
    private static final int LOOKS = 8192;

    /** Slots visited for each added one. The hand may pass a slot twice before it drops it. */
    private static final int LOOKS_EACH = 4;

    private static final Slot ABSENT = new Slot(Key.FIRST, null, 0, 0);

    private final long maxBytes;
    private final ConcurrentHashMap<Key, Slot> slots = new ConcurrentHashMap<>();
    /** Order of the clock hand: each key that has a slot, once. */
    private final ArrayDeque<Key> clock = new ArrayDeque<>();
    /** Keys added since the hand moved. */
    private int added;

    private long bytes;
    /** Bytes of the slots of missing keys. */
    private long absentBytes;

    private volatile long evictedIndex;
    private long evictions;

    /** All existing rows are here. */
    private volatile boolean whole;

    /**
     * @param maxBytes bound of rows that may be dropped; rows not flushed yet are additional, and their writer bounds
     *     them
     */
    public RowCache(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** From now on all rows are here: the store is empty, or all its rows were loaded. */
    public void becomeWhole() {
        whole = true;
    }

    public boolean isWhole() {
        return whole;
    }

    /**
     * @return number of dropped slots. A load is complete only when none was dropped since it began, not even that of a
     *     missing key: {@link #loaded} ignores rows that may be older than a dropped slot
     */
    public long evictions() {
        return evictions;
    }

    /** @return the slot of the key, null when nothing is known; callable from any thread */
    public Slot find(Key key) {
        // Read before and after the lookup: a missing slot may be about to be loaded, or may just have been dropped.
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

    /** Records a change by the log entry at {@code index}. */
    public void changed(Key key, Row row, long index) {
        replace(new Slot(key, row, row.modRevision(), index));
    }

    /** Records that the log entry at {@code index} deleted the key. */
    public void deleted(Key key, long revision, long index) {
        replace(new Slot(key, null, revision, index));
    }

    /** @return the latest entry whose change is no longer here: the revision of a deletion by it is unknown */
    public long evictedIndex() {
        return evictedIndex;
    }

    /**
     * Adds a row read from PostgreSQL; ignored when a newer one is or was known.
     *
     * @param row null when PostgreSQL has no such key
     * @param askedAtIndex the applied index before the key was looked up here and then in PostgreSQL
     */
    public void loaded(Key key, Row row, long askedAtIndex) {
        // Only a slot that was changed after the query and was dropped again could make the row outdated.
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
            added++;
        }
        count(slot, 1);
    }

    private void count(Slot slot, int sign) {
        bytes += sign * slot.sizeBytes();
        absentBytes += slot.row == null ? sign * slot.sizeBytes() : 0;
    }

    /** Drops rows until the bound holds. @param flushedIndex index up to which PostgreSQL can no longer lose entries */
    public void evict(long flushedIndex) {
        int looks = Math.min(2 * clock.size(), Math.max(LOOKS, LOOKS_EACH * added));
        added = 0;
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
            // Set before the slot is dropped: a reader that no longer finds the slot reads this next.
            evictedIndex = Math.max(evictedIndex, slot.changedIndex);
            slots.remove(slot.key, slot);
            count(slot, -1);
        }
    }

    /** While all rows fit, slots of missing keys are dropped first: their absence is known without them. */
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
