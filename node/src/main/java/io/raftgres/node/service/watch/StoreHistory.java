package io.raftgres.node.service.watch;

import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreDamagedException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The watch history in PostgreSQL.
 *
 * @param damaged called when PostgreSQL's data turns out to be corrupt
 */
public record StoreHistory(StoreWriter writer, Store store, Consumer<StoreDamagedException> damaged)
        implements WatchHistory {

    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    @Override
    public long read(KeyRange range, long from, long until, int maxChanges, Consumer<Change> sink)
            throws InterruptedException {
        // PostgreSQL had flushed every change that left the ring, but after a restart it may show the changes only
        // after a while.
        if (!writer.awaitRevision(until, WAIT_NANOS)) {
            throw new StoreUnavailableException("it does not show revision " + until + " yet", null);
        }
        try {
            return store.events(range, from, until, maxChanges, sink);
        } catch (StoreDamagedException e) {
            damaged.accept(e);
            throw new ServiceException.Unavailable("this node's PostgreSQL is corrupt: " + e.getMessage());
        }
    }
}
