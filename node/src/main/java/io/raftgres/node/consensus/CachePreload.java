package io.raftgres.node.consensus;

import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.sql.StoreDamagedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jboss.logging.Logger;

/**
 * Loads the rows of an existing store into memory while the node works. When all rows fit, no later lookup needs
 * PostgreSQL, not even for missing keys. Otherwise it stops at the first row that does not fit.
 */
final class CachePreload implements RangeSink {

    private static final Logger LOG = Logger.getLogger(CachePreload.class);
    private static final int ROWS_AT_ONCE = 500;

    private final Store store;
    private final Applier applier;
    private final long storedIndex;
    private Thread thread;
    private List<Row> rows = new ArrayList<>(ROWS_AT_ONCE);

    /** @param storedIndex PostgreSQL has at least this index; the applier knows all later changes */
    CachePreload(Store store, Applier applier, long storedIndex) {
        this.store = store;
        this.applier = applier;
        this.storedIndex = storedIndex;
    }

    void start() {
        thread = Thread.ofVirtual().name("cache-preload").start(this::run);
    }

    void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void run() {
        try {
            store.range(KeyRange.EVERYTHING, Selection.ALL, false, this);
            if (take()) {
                applier.allPreloaded();
            }
        } catch (StoreUnavailableException | StoreDamagedException e) {
            // Rows are then read on demand. A reader that meets a damaged row reports it.
            LOG.debugf("cannot preload the row cache, rows are read on demand: %s", e.getMessage());
        }
    }

    @Override
    public void revision(long current) {}

    @Override
    public boolean row(Row row) {
        rows.add(row);
        return rows.size() < ROWS_AT_ONCE || take();
    }

    private boolean take() {
        try {
            boolean taken = applier.preloaded(rows, storedIndex).get();
            rows = new ArrayList<>(ROWS_AT_ONCE);
            return taken;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
