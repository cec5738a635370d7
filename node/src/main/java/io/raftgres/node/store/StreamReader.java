package io.raftgres.node.store;

import com.zaxxer.hikari.HikariDataSource;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Ranges and events: long reads, each from one snapshot, row by row from cursors that are merged here. */
final class StreamReader {

    private final HikariDataSource pool;
    private final LongSupplier writtenIndex;

    StreamReader(HikariDataSource pool, LongSupplier writtenIndex) {
        this.pool = pool;
        this.writtenIndex = writtenIndex;
    }

    void range(KeyRange range, long limit, long revision, boolean keysOnly, RangeSink sink) {
        inSnapshot(revision > 0, (connection, state) -> {
            requireReadable(state, revision);
            sink.revision(state.revision());
            boolean past = revision > 0 && revision < state.revision();
            List<Cursor> cursors = new ArrayList<>();
            try {
                cursors.add(current(connection, "kv_short", RowQueries.inRange(range), RowQueries::bindRange, range,
                        limit, past ? revision : 0, keysOnly));
                cursors.add(current(connection, "kv_long", RowQueries.inLongRange(range), RowQueries::bindLongRange,
                        range, limit, past ? revision : 0, keysOnly));
                if (past) {
                    cursors.add(ended(connection, range, limit, revision, keysOnly));
                }
                merge(cursors, limit, sink);
            } finally {
                for (Cursor cursor : cursors) {
                    cursor.close();
                }
            }
            return 0;
        });
    }

    private interface RangeBinder {
        int bind(PreparedStatement statement, int at, KeyRange range) throws SQLException;
    }

    private static Cursor current(Connection connection, String table, String inRange, RangeBinder binder,
            KeyRange range, long limit, long revision, boolean keysOnly) throws SQLException {
        String sql = "SELECT " + columns(keysOnly) + " FROM raftgres." + table + " WHERE " + inRange
                + (revision > 0 ? " AND mod_revision <= ?" : "") + " ORDER BY key" + RowQueries.limit(limit);
        return new Cursor(connection, sql, keysOnly, false, statement -> {
            int next = binder.bind(statement, 1, range);
            if (revision > 0) {
                statement.setLong(next, revision);
            }
        });
    }

    private static Cursor ended(Connection connection, KeyRange range, long limit, long revision, boolean keysOnly)
            throws SQLException {
        String sql = "SELECT " + columns(keysOnly) + " FROM raftgres.kv_history WHERE end_revision > ?"
                + " AND mod_revision <= ? AND " + RowQueries.inRange(range) + " ORDER BY key" + RowQueries.limit(limit);
        return new Cursor(connection, sql, keysOnly, false, statement -> {
            statement.setLong(1, revision);
            statement.setLong(2, revision);
            RowQueries.bindRange(statement, 3, range);
        });
    }

    private static String columns(boolean keysOnly) {
        return keysOnly ? RowQueries.COLUMNS_WITHOUT_VALUE : RowQueries.COLUMNS;
    }

    private static void merge(List<Cursor> cursors, long limit, RangeSink sink) throws SQLException {
        for (long sent = 0; limit <= 0 || sent < limit; sent++) {
            Cursor first = null;
            for (Cursor cursor : cursors) {
                if (cursor.row() != null
                        && (first == null || cursor.row().key().compareTo(first.row().key()) < 0)) {
                    first = cursor;
                }
            }
            if (first == null || !sink.row(first.row())) {
                return;
            }
            first.advance();
        }
    }

    long events(KeyRange range, long fromRevision, long toRevision, int maxChanges, Consumer<Change> sink) {
        return inSnapshot(true, (connection, state) -> {
            if (fromRevision < state.compactedRevision()) {
                throw new ServiceException.Compacted(fromRevision, state.compactedRevision());
            }
            long to = toRevision <= 0 ? state.revision() : Math.min(toRevision, state.revision());
            if (fromRevision > to) {
                return fromRevision - 1;
            }
            try (EventMerge events = new EventMerge(connection, range, fromRevision, to, maxChanges)) {
                return events.run(sink);
            }
        });
    }

    /** @param revision 0: the current one */
    private static void requireReadable(StoreState state, long revision) {
        if (revision > state.revision()) {
            throw new ServiceException.FutureRevision(revision, state.revision());
        }
        if (revision > 0 && revision < state.compactedRevision()) {
            throw new ServiceException.Compacted(revision, state.compactedRevision());
        }
    }

    private interface Work {
        long run(Connection connection, StoreState state) throws SQLException;
    }

    /**
     * Whoever reads the history takes a lock on it first, before the snapshot. Dropping a partition first marks it, then
     * waits for those who hold a lock: so a snapshot from before the mark keeps the partition until its transaction
     * ends, and one from after it shows the compacted revision that forbids to ask for those rows.
     */
    private long inSnapshot(boolean history, Work work) {
        long written = writtenIndex.getAsLong();
        try (Connection connection = pool.getConnection()) {
            if (history) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("LOCK TABLE ONLY raftgres.kv_history IN ACCESS SHARE MODE");
                }
            }
            StoreState state = StateTable.read(connection);
            PointReader.requireNotBehind(state.appliedIndex(), written);
            long done = work.run(connection, state);
            connection.commit();
            return done;
        } catch (SQLException e) {
            if (Failures.serverIsGone(e)) {
                pool.getHikariPoolMXBean().softEvictConnections();
            }
            throw Failures.of("PostgreSQL did not answer a read", e);
        }
    }
}
