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
 * Gives the space of compacted history back: one thread that drops, one after the other, the partitions of which no
 * read at the compacted revision or above, and no watch from it on, needs a row.
 *
 * <p>Dropping blocks nobody. A partition is detached CONCURRENTLY first, which marks it, waits for the transactions
 * that may still look at it, and takes it out; then the table is dropped, of which nobody knows any more. A statement
 * that waits too long gives up, so that it never stands in the way of the writer, whose own new partitions need the
 * same lock on the parent; it is tried again until it succeeds. What was given up half-way, or left so by a crash, is
 * found in the catalog: a marked partition is finished, a detached table is dropped.
 *
 * <p>Its transactions are flushed, and with them the one that raised the compacted revision: a crash of PostgreSQL
 * never brings that back below what has been dropped.
 */
public final class HistoryDropper implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(HistoryDropper.class);
    private static final long LOOK_MILLIS = 5_000;
    private static final long RETRY_MILLIS = 250;

    /** More than any writer writes in that time. */
    private static final long REVISIONS_PER_MILLI = 50;

    /** How long a statement waits for others at least, and at most. */
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
    /** Below any, so that what a crash left half done is looked for at the start. */
    private long doneRevision = -1;

    private long waitingSinceNanos;
    private volatile HistoryFigures figures = new HistoryFigures(0, 0, 0);
    private volatile boolean stopped;
    /** May take long; the end of the node cancels it. */
    private volatile Statement waiting;

    /**
     * @param revisionsToAttach how many more the writer takes until it makes the next partition
     * @param dropListener told the revision below which all rows that ended are gone
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

    /** PostgreSQL has the history compacted at this revision. Never waits. */
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

    /** @return whether there is more to do, which has to wait for others */
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
                tellWaiting();
                return true;
            }
            if (SqlErrors.passes(e)) {
                LOG.debugf("dropping history waits for PostgreSQL: %s", e.getMessage());
            } else {
                LOG.errorf("PostgreSQL refused to drop history: %s", e.getMessage());
            }
        } catch (IllegalStateException e) {
            // Another one's data, or damaged: the writer finds the same, and stops the node.
            LOG.errorf("history is not dropped: %s", e.getMessage());
        }
        disconnect();
        return false;
    }

    private void tellWaiting() {
        long now = System.nanoTime();
        if (waitingSinceNanos == 0) {
            waitingSinceNanos = now;
        } else if (now - waitingSinceNanos > TELL_NANOS) {
            waitingSinceNanos = now;
            LOG.info("dropping history waits for a transaction that may read it: see pg_stat_activity.xact_start");
        }
    }

    /** @return whether it did something: there may be more */
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
     * A read at the compacted revision needs rows that ended above it. A watch from it on needs those that ended at it,
     * too: what the changes of that very revision replaced or deleted. A partition ends below its bound.
     */
    public static boolean isDroppable(Partition partition, long compacted) {
        return partition.to() <= compacted;
    }

    /** A table is made and attached in one transaction: one that is not attached has been detached. A drop does so. */
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

    /** What SQL finds at a revision below may be incomplete from now on. */
    private void raiseFloor(long compacted) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT setval('raftgres.history_dropped', greatest(last_value, ?)) FROM raftgres.history_dropped")) {
            statement.setLong(1, compacted);
            statement.execute();
        }
    }

    /**
     * Gives up before the writer must make its next partition, for which it needs a lock that this statement has while
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
