package io.raftgres.node.service;

import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreDamagedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A position in the stream of changes: fed from the ring of latest ones, or from PostgreSQL when it is behind. */
final class WatchCursor implements KvService.Watch {

    private static final int MAX_CHANGES = 500;

    /** From PostgreSQL at once: each such read looks at all rows of the range. The store bounds their bytes, too. */
    private static final int MAX_PAST_CHANGES = 10_000;

    private final KeyRange range;
    private final EventRing ring;
    private final StoreWriter storeWriter;
    private final Store store;
    private final AtomicInteger open;
    private final Consumer<StoreDamagedException> damaged;
    private final long createdRevision;
    private long revision;
    private boolean closed;

    /** @param fromRevision first one wanted; @param open counted down on close */
    WatchCursor(
            KeyRange range, long fromRevision, EventRing ring, StoreWriter storeWriter, Store store, AtomicInteger open,
            Consumer<StoreDamagedException> damaged) {
        this.damaged = damaged;
        this.range = range;
        this.ring = ring;
        this.storeWriter = storeWriter;
        this.store = store;
        this.open = open;
        this.createdRevision = ring.lastRevision();
        this.revision = fromRevision == 0 ? createdRevision : fromRevision - 1;
    }

    @Override
    public long createdRevision() {
        return createdRevision;
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public List<Change> next(Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (true) {
            long left = deadline - System.nanoTime();
            if (!ring.awaitAbove(revision, left)) {
                return List.of();
            }
            EventRing.Slice slice = ring.read(range, revision + 1, MAX_CHANGES);
            List<Change> changes;
            if (slice != null) {
                revision = slice.revision();
                changes = slice.changes();
            } else {
                changes = past(Math.max(1, left));
            }
            if (!changes.isEmpty()) {
                return changes;
            }
        }
    }

    /** The ring has moved on: what is missing has been flushed by PostgreSQL, or it would still be in the ring. */
    private List<Change> past(long leftNanos) throws InterruptedException {
        long until = ring.firstRevision() - 1;
        if (!storeWriter.awaitRevision(until, leftNanos)) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>();
        try {
            revision = store.events(range, revision + 1, until, MAX_PAST_CHANGES, changes::add);
        } catch (StoreUnavailableException e) {
            throw new ServiceException.Unavailable("the watch is behind and this node's PostgreSQL is away: " + e.getMessage());
        } catch (StoreDamagedException e) {
            damaged.accept(e);
            throw new ServiceException.Unavailable("this node's PostgreSQL is damaged: " + e.getMessage());
        }
        return changes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            open.decrementAndGet();
        }
    }
}
