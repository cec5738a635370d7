package io.raftgres.node.store.write;

import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.StoreOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Finds the log index up to which PostgreSQL's own log is on disk. One statement reads a committed applied index and
 * the end of PostgreSQL's log: the commit is before that position. Once the flushed part reaches the position, the
 * index is safe. Positions are only compared within one connection: after a crash, which ends it, PostgreSQL may use
 * them again.
 */
public final class FlushProbe implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(FlushProbe.class);

    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Without writes the last position may stay unflushed for long: the probe then requests a flush. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int PLACES_MAX = 256;

    private static final String LOOK = "SELECT s.applied_index, pg_current_wal_insert_lsn() - '0/0',"
            + " pg_current_wal_flush_lsn() - '0/0' FROM raftgres.state s";

    private record Place(long index, long lsn, long seenNanos) {}

    private final StoreOptions options;
    private final ArrayDeque<Place> places = new ArrayDeque<>();
    private Connection connection;
    private long lookedNanos = System.nanoTime() - EVERY_NANOS;
    private long flushed;

    public FlushProbe(StoreOptions options) {
        this.options = options;
    }

    /** @return the highest index known to be flushed; never decreases, because data on disk stays */
    public synchronized long flushedIndex() {
        long now = System.nanoTime();
        if (now - lookedNanos >= EVERY_NANOS) {
            lookedNanos = now;
            try {
                look(now);
            } catch (SQLException e) {
                LOG.debugf("cannot read PostgreSQL's flushed position: %s", e.getMessage());
                close();
            }
        }
        return flushed;
    }

    private void look(long now) throws SQLException {
        if (connection == null) {
            connection = Sessions.plain(options, "flush probe").getConnection();
        }
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(LOOK)) {
            result.next();
            long index = result.getLong(1);
            long end = result.getLong(2);
            long flushedTo = result.getLong(3);
            if (index > flushed
                    && places.size() < PLACES_MAX
                    && (places.isEmpty() || index > places.getLast().index())) {
                places.add(new Place(index, end, now));
            }
            while (!places.isEmpty() && places.getFirst().lsn() <= flushedTo) {
                flushed = Math.max(flushed, places.removeFirst().index());
            }
        }
        if (!places.isEmpty() && now - places.getFirst().seenNanos() > IDLE_NANOS) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(
                        "SET synchronous_commit = on;" + "SELECT pg_logical_emit_message(true, 'raftgres', 'flush')");
            }
        }
    }

    @Override
    public synchronized void close() {
        places.clear();
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debugf("closing the flush probe's connection: %s", e.getMessage());
            }
            connection = null;
        }
    }
}
