package io.raftgres.node.store.history;

import io.raftgres.node.store.history.HistoryPartitions.Partition;
import io.raftgres.node.store.schema.DatabaseIdentity;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreOptions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Frees the space of compacted history. One thread drops partitions, one after the other. It drops a partition when no
 * read at the compacted revision or above, and no watch from it on, needs its rows.
 *
 * <p>Dropping blocks no other work. First, a partition is detached CONCURRENTLY: PostgreSQL marks it, waits for the
 * transactions that may still read it, and detaches it. Then the table, which no transaction knows any more, is
 * dropped. A statement that waits too long is cancelled, so that it never blocks the writer, whose own new partitions
 * need the same lock on the parent. It is retried until it succeeds. The catalog shows work that was cancelled or left
 * by a crash: a marked partition is finished, a detached table is dropped.
 *
 * <p>Its transactions are flushed, and with them the one that raised the compacted revision. So a crash of PostgreSQL
 * never returns the compacted revision below the dropped history.
 */
public final class HistoryDropper implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(HistoryDropper.class);
    private static final long LOOK_MILLIS = 5_000;
    private static final long RETRY_MILLIS = 250;

    /** Above the rate of any writer. */
    private static final long REVISIONS_PER_MILLI = 50;

    /** Bounds of a statement's wait for other transactions. */
    private static final long WAIT_MILLIS_MIN = 20;

    private static final long WAIT_MILLIS_MAX = 10_000;

    private static final long CLOSE_MILLIS = 2_000;
    private static final String QUERY_CANCELED = "57014";
    private static final long TELL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final StoreOptions options;
    private final DatabaseIdentity identity;
    private final LongSupplier revisionsToAttach;
    private final LongConsumer dropListener;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private Connection connection;
    private long wantedRevision;
    /** Below any revision, so that work left by a crash is found at the start. */
    private long doneRevision = -1;

    private long waitingSinceNanos;
    private volatile HistoryFigures figures = new HistoryFigures(0, 0, 0);
    private volatile boolean stopped;
    /** May take long; the end of the node cancels it. */
    private volatile Statement waiting;

    /**
     * @param revisionsToAttach number of revisions until the writer makes the next partition
     * @param dropListener receives the revision below which all ended rows are dropped
     */
    public HistoryDropper(
            StoreOptions options,
            DatabaseIdentity identity,
            LongSupplier revisionsToAttach,
            LongConsumer dropListener) {
        this.options = options;
        this.identity = identity;
        this.revisionsToAttach = revisionsToAttach;
        this.dropListener = dropListener;
        this.thread = Thread.ofPlatform().name("history").daemon().unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Reports that PostgreSQL's history is compacted at this revision. Never waits. */
    public void compacted(long revision) {
        lock.lock();
        try {
            if (revision > wantedRevision) {
                wantedRevision = revision;
                woken.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    public HistoryFigures figures() {
        return figures;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            stopped = true;
            woken.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            Statement statement = waiting;
            if (statement != null) {
                statement.cancel();
            }
            thread.join(CLOSE_MILLIS);
        } catch (SQLException e) {
            LOG.debugf("cancelling a drop of history: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        boolean again = false;
        try {
            while (!stopped) {
                await(again ? RETRY_MILLIS : LOOK_MILLIS, again);
                if (!stopped) {
                    again = work();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("dropping history was interrupted");
        } finally {
            disconnect();
        }
    }

    private void await(long millis, boolean wholeTime) throws InterruptedException {
        lock.lock();
        try {
            if (!stopped && (wholeTime || wantedRevision == doneRevision)) {
                woken.await(millis, TimeUnit.MILLISECONDS);
            }
            doneRevision = wantedRevision;
        } finally {
            lock.unlock();
        }
    }

    /** @return whether there is more to do, which has to wait for other transactions */
    private boolean work() {
        try {
            if (connection == null) {
                connection = Sessions.plain(options, "history").getConnection();
                identity.check(connection);
            }
            boolean more = true;
            while (more && !stopped) {
                more = step();
            }
            look();
            waitingSinceNanos = 0;
            return false;
        } catch (SQLException e) {
            if (SqlErrors.lockNotAvailable(e)) {
                logWaiting();
                return true;
            }
            if (SqlErrors.passes(e)) {
                LOG.debugf("cannot drop compacted history yet, waiting for PostgreSQL: %s", e.getMessage());
            } else {
                LOG.errorf("PostgreSQL refused to drop compacted history: %s", e.getMessage());
            }
        } catch (IllegalStateException e) {
            // The data belongs to another member, or is damaged: the writer finds the same, and stops the node.
            LOG.errorf("cannot drop compacted history: %s", e.getMessage());
        }
        disconnect();
        return false;
    }

    private void logWaiting() {
        long now = System.nanoTime();
        if (waitingSinceNanos == 0) {
            waitingSinceNanos = now;
        } else if (now - waitingSinceNanos > TELL_NANOS) {
            waitingSinceNanos = now;
            LOG.info(
                    "dropping compacted history waits for a transaction that may read it: find it by pg_stat_activity.xact_start");
        }
    }

    /** @return whether it did some work: there may be more */
    private boolean step() throws SQLException {
        List<String> detached = detached();
        if (!detached.isEmpty()) {
            drop(detached.getFirst());
            return true;
        }
        List<Partition> partitions = HistoryPartitions.list(connection);
        for (Partition partition : partitions) {
            if (partition.pending()) {
                alter("ALTER TABLE raftgres.kv_history DETACH PARTITION raftgres." + partition.name() + " FINALIZE");
                dropListener.accept(partition.to());
                return true;
            }
        }
        long compacted = StateTable.read(connection).compactedRevision();
        if (partitions.isEmpty() || !isDroppable(partitions.getFirst(), compacted)) {
            return false;
        }
        Partition first = partitions.getFirst();
        raiseFloor(compacted);
        alter("ALTER TABLE raftgres.kv_history DETACH PARTITION raftgres." + first.name() + " CONCURRENTLY");
        dropListener.accept(first.to());
        return true;
    }

    /**
     * A read at the compacted revision needs rows that ended above it. A watch from that revision on also needs the
     * rows that ended at it: those that its changes replaced or deleted. All rows of a partition ended below its upper
     * bound.
     */
    public static boolean isDroppable(Partition partition, long compacted) {
        return partition.to() <= compacted;
    }

    /** A table is made and attached in one transaction, so an unattached one was detached. A drop leaves it so. */
    private List<String> detached() throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("""
                        SELECT relname FROM pg_class WHERE relnamespace = 'raftgres'::regnamespace
                            AND relkind = 'r' AND NOT relispartition AND relname ~ '^kv_history_[0-9]+$'
                            AND substring(relname FROM '[0-9]+$')::numeric
                                < (SELECT compacted_revision FROM raftgres.state)""")) {
            while (result.next()) {
                names.add(result.getString(1));
            }
        }
        return names;
    }

    private void drop(String table) throws SQLException {
        alter("DROP TABLE raftgres." + table);
        HistoryFigures now = figures;
        figures = new HistoryFigures(now.partitions(), now.bytes(), now.dropped() + 1);
        LOG.infof("dropped the compacted history %s", table);
    }

    /** From now on, SQL reads at a lower revision may be incomplete. */
    private void raiseFloor(long compacted) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT setval('raftgres.history_dropped', greatest(last_value, ?)) FROM raftgres.history_dropped")) {
            statement.setLong(1, compacted);
            statement.execute();
        }
    }

    /**
     * Cancels the statement before the writer must make its next partition: the statement holds the lock for that while
     * it waits.
     */
    private void alter(String sql) throws SQLException {
        long millis = Math.clamp(revisionsToAttach.getAsLong() / REVISIONS_PER_MILLI, WAIT_MILLIS_MIN, WAIT_MILLIS_MAX);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + millis);
            waiting = statement;
            if (stopped) {
                throw new SQLException("the node is stopping", QUERY_CANCELED);
            }
            statement.execute(sql);
        } finally {
            waiting = null;
        }
    }

    private void look() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("""
                        SELECT count(*), coalesce(sum(pg_total_relation_size(inhrelid)), 0)
                        FROM pg_inherits WHERE inhparent = 'raftgres.kv_history'::regclass""")) {
            result.next();
            figures = new HistoryFigures(result.getInt(1), result.getLong(2), figures.dropped());
        }
    }

    private void disconnect() {
        Connection broken = connection;
        connection = null;
        if (broken != null) {
            try {
                broken.close();
            } catch (SQLException e) {
                LOG.debugf("closing the history's connection: %s", e.getMessage());
            }
        }
    }
}
