package io.raftgres.node.kv;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The latest changes, for watches, in one ring for all of them. A slow watch is only a position and holds no memory.
 * When the ring has moved past it, it reads {@code kv_history} instead.
 *
 * <p>The apply thread appends; any thread reads; one thread waits, that of the watch hub.
 */
public final class EventRing {

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition appended = lock.newCondition();
    private List<Change>[] slots = newSlots(1024);
    private long firstRevision;
    private long lastRevision;
    private long bytes;
    private boolean woken;

    /** @param revision the store's revision now: the ring begins above it */
    public EventRing(long revision, long maxBytes) {
        this.maxBytes = maxBytes;
        this.firstRevision = revision + 1;
        this.lastRevision = revision;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static List<Change>[] newSlots(int size) {
        return new List[size];
    }

    /**
     * @param changes of one or more complete revisions, following the last appended one
     * @param flushedRevision changes up to it can be read from PostgreSQL, so the ring may drop them
     */
    public void append(List<Change> changes, long flushedRevision) {
        if (changes.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            int from = 0;
            while (from < changes.size()) {
                long revision = changes.get(from).revision();
                int to = from + 1;
                while (to < changes.size() && changes.get(to).revision() == revision) {
                    to++;
                }
                append(revision, List.copyOf(changes.subList(from, to)));
                from = to;
            }
            while (bytes > maxBytes && firstRevision <= flushedRevision && firstRevision <= lastRevision) {
                dropFirst();
            }
            appended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void append(long revision, List<Change> changes) {
        if (revision != lastRevision + 1) {
            throw new IllegalStateException(
                    "changes of revision " + revision + " were appended after revision " + lastRevision);
        }
        if (revision - firstRevision == slots.length) {
            List<Change>[] larger = newSlots(2 * slots.length);
            for (long r = firstRevision; r <= lastRevision; r++) {
                larger[(int) (r % larger.length)] = slots[(int) (r % slots.length)];
            }
            slots = larger;
        }
        slots[(int) (revision % slots.length)] = changes;
        lastRevision = revision;
        bytes += sizeBytes(changes);
    }

    private void dropFirst() {
        int slot = (int) (firstRevision % slots.length);
        bytes -= sizeBytes(slots[slot]);
        slots[slot] = null;
        firstRevision++;
    }

    private static long sizeBytes(List<Change> changes) {
        long size = 0;
        for (Change change : changes) {
            size += change.sizeBytes();
        }
        return size;
    }

    /** @return the first revision in the ring */
    public long firstRevision() {
        lock.lock();
        try {
            return firstRevision;
        } finally {
            lock.unlock();
        }
    }

    public long lastRevision() {
        lock.lock();
        try {
            return lastRevision;
        } finally {
            lock.unlock();
        }
    }

    /** @return bytes of the ring's changes */
    public long sizeBytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the ring has a revision above {@code revision} or {@link #wake} is called. @return whether it has one
     */
    public boolean awaitAbove(long revision, long nanos) throws InterruptedException {
        long left = nanos;
        lock.lock();
        try {
            while (lastRevision <= revision && !woken && left > 0) {
                left = appended.awaitNanos(left);
            }
            woken = false;
            return lastRevision > revision;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the wait of the waiting thread, or its next wait. */
    public void wake() {
        lock.lock();
        try {
            woken = true;
            appended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * @param changes those of the range, of complete revisions
     * @param revision the slice contains all changes of the range up to it
     */
    public record Slice(List<Change> changes, long revision) {}

    /** @return the range's changes from {@code fromRevision} on, null when the ring has moved past it */
    public Slice read(KeyRange range, long fromRevision, int maxChanges) {
        lock.lock();
        try {
            if (fromRevision < firstRevision) {
                return null;
            }
            List<Change> found = new ArrayList<>();
            long revision = fromRevision;
            while (revision <= lastRevision && found.size() < maxChanges) {
                for (Change change : slots[(int) (revision % slots.length)]) {
                    if (range.contains(change.key())) {
                        found.add(change);
                    }
                }
                revision++;
            }
            return new Slice(found, revision - 1);
        } finally {
            lock.unlock();
        }
    }
}
