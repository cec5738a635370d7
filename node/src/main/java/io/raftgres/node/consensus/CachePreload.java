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
 * Brings the rows of a store that was there before into memory, beside the node's work. When all of them fit, nothing
 * has to be looked for in PostgreSQL from then on, not even keys that do not exist; when not, it stops at the first
 * that does not.
 */
final class CachePreload implements RangeSink {

    private static final Logger LOG = Logger.getLogger(CachePreload.class);
    private static final int ROWS_AT_ONCE = 500;

    private final Store store;
    private final Applier applier;
    private final long storedIndex;
    private Thread thread;
    private List<Row> rows = new ArrayList<>(ROWS_AT_ONCE);

    /** @param storedIndex what PostgreSQL has at least: what changed after it is known to the applier */
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
            // Rows are looked for as they are asked for, then; who needs one that is damaged says so.
            LOG.debugf("the rows are not loaded beforehand: %s", e.getMessage());
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
