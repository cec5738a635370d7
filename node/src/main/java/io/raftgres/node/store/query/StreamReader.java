package io.raftgres.node.store.query;

import com.zaxxer.hikari.HikariDataSource;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSet;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.kv.Transaction;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.Patience;
import io.raftgres.node.store.sql.SqlErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Reads ranges and events: long reads, each from one snapshot, row by row from merged cursors. */
public final class StreamReader {

    private static final Runnable NO_LISTENER = () -> {};

    /** The caller counts the bytes. */
    private static final LongConsumer UNCOUNTED = bytes -> {};

    private final HikariDataSource pool;
    private final LongSupplier writtenIndex;
    private final Runnable heard;
    private final Patience patience = new Patience();

    /** @param heard called, in reads of the state machine, whenever PostgreSQL has responded */
    public StreamReader(HikariDataSource pool, LongSupplier writtenIndex, Runnable heard) {
        this.pool = pool;
        this.writtenIndex = writtenIndex;
        this.heard = heard;
    }

    /** @return number of rows in the range, without limit and filter; -1 when not requested */
    public long range(KeyRange range, Selection selection, boolean counted, RangeSink sink) {
        return inSnapshot(selection.revision() > 0, 0, (connection, state) -> {
            requireReadable(state, selection.revision());
            sink.revision(state.revision());
            return stream(connection, state, range, selection, counted, sink);
        });
    }

    private static long stream(
            Connection connection,
            StoreState state,
            KeyRange range,
            Selection selection,
            boolean counted,
            RangeSink sink)
            throws SQLException {
        Selection effective = selection.revision() < state.revision() ? selection : selection.withRevision(0);
        if (selection.countOnly()) {
            return SelectionQuery.count(connection, range, effective.revision());
        }
        long streamed = selection.isPlain()
                ? plain(connection, range, effective, sink)
                : SelectionQuery.stream(connection, range, effective, sink);
        if (!counted) {
            return -1;
        }
        return streamed >= 0 ? streamed : SelectionQuery.count(connection, range, effective.revision());
    }

    /** See {@link io.raftgres.node.kv.RowSource#select}. */
    public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes, long atLeastIndex) {
        return forMachine(true, atLeastIndex, (connection, state) -> {
            requireReadable(state, selection.revision());
            return select(connection, state, range, selection, maxBytes, heard, UNCOUNTED);
        });
    }

    /** See {@link io.raftgres.node.kv.RowSource#outlines} and {@link io.raftgres.node.kv.RowSource#toDelete}. */
    public List<Outline> outlines(RowSet rows, int limit, boolean toDelete, long atLeastIndex) {
        OutlineQuery query = new OutlineQuery(rows, limit, toDelete, heard);
        return forMachine(false, atLeastIndex, (connection, state) -> query.run(connection));
    }

    /** See {@link io.raftgres.node.kv.RowSource#holds}. */
    public boolean holds(Compare compare, long atLeastIndex) {
        return forMachine(false, atLeastIndex, (connection, state) -> holds(connection, compare, heard));
    }

    /** Row by row: a range may be larger than memory. */
    private static boolean holds(Connection connection, Compare compare, Runnable heard) throws SQLException {
        KeyRange range = compare.range();
        long rows = SelectionQuery.count(connection, range, 0, Limits.MAX_TXN_ROWS + 1L);
        if (rows > Limits.MAX_TXN_ROWS) {
            throw Transaction.tooManyRows();
        }
        boolean keysOnly = compare.target() != Compare.Target.VALUE;
        return rows == 0
                ? compare.holds(null)
                : plain(connection, range, Selection.of(0, 0, keysOnly), new RangeSink() {
                            private long bytes;

                            @Override
                            public void revision(long current) {}

                            @Override
                            public boolean row(Row row) {
                                heard.run();
                                bytes += keysOnly ? 0 : Limits.responseBytes(row);
                                if (bytes > Limits.MAX_COMPARED_BYTES) {
                                    throw Transaction.tooMuchCompared();
                                }
                                return compare.holds(row);
                            }
                        })
                        >= 0;
    }

    private static Op.Result.Get select(
            Connection connection,
            StoreState state,
            KeyRange range,
            Selection selection,
            long maxBytes,
            Runnable heard,
            LongConsumer held)
            throws SQLException {
        boolean limited = selection.limit() > 0 && selection.limit() <= Limits.MAX_TXN_ROWS;
        long most = limited ? selection.limit() : Limits.MAX_TXN_ROWS;
        List<Row> rows = new ArrayList<>();
        long count = stream(
                connection, state, range, selection.withLimit(most + 1), true, into(rows, maxBytes, most, heard, held));
        boolean more = rows.size() > most;
        if (more && !limited) {
            throw Transaction.tooManyRows();
        }
        return new Op.Result.Get(more ? List.copyOf(rows.subList(0, (int) most)) : rows, more, count);
    }

    /**
     * @param maxBytes bound of the first {@code most} rows in a response; further rows are only counted
     * @param held receives the bytes of each row
     */
    private static RangeSink into(List<Row> rows, long maxBytes, long most, Runnable heard, LongConsumer held) {
        return new RangeSink() {
            private long bytes;

            @Override
            public void revision(long current) {}

            @Override
            public boolean row(Row row) {
                heard.run();
                bytes += rows.size() < most ? Limits.responseBytes(row) : 0;
                if (bytes > maxBytes && !rows.isEmpty()) {
                    throw Transaction.responseTooLarge();
                }
                held.accept(row.sizeBytes());
                return rows.add(row);
            }
        };
    }

    /** See {@link Store#read}. */
    public ApplyResult read(long atLeastRevision, Request request, LongConsumer held) {
        return inSnapshot(true, 0, (connection, state) -> {
            if (state.revision() < atLeastRevision) {
                throw new StoreUnavailableException(
                        "PostgreSQL shows revision " + state.revision() + ", but the read needs " + atLeastRevision,
                        null);
            }
            try {
                return new Transaction(new SnapshotView(connection, state, held), Long.MAX_VALUE, false).run(request);
            } catch (UncheckedSqlException e) {
                throw e.cause;
            } catch (RefusedRequestException e) {
                throw e.asServiceException();
            }
        });
    }

    /** See {@link Store#keysOf}. */
    public List<Key> keysOf(long lease, int limit, LongConsumer held) {
        String of = "FROM raftgres.%s WHERE lease <> 0 AND lease = ?";
        String sql = "SELECT key " + of.formatted("kv_short") + " UNION ALL SELECT key " + of.formatted("kv_long")
                + " ORDER BY key" + RowQueries.limit(limit);
        return inSnapshot(false, 0, (connection, state) -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setFetchSize(Cursor.FETCH_KEYS);
                statement.setLong(1, lease);
                statement.setLong(2, lease);
                List<Key> keys = new ArrayList<>();
                try (ResultSet result = statement.executeQuery()) {
                    while (result.next()) {
                        Key key = Key.of(result.getBytes(1));
                        held.accept(key.length() + Row.OVERHEAD_BYTES);
                        keys.add(key);
                    }
                }
                return keys;
            }
        });
    }

    private static final class UncheckedSqlException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final SQLException cause;

        UncheckedSqlException(SQLException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    /** The rows of one snapshot for a transaction. */
    private record SnapshotView(Connection connection, StoreState state, LongConsumer held)
            implements Transaction.View {
        @Override
        public long revision() {
            return state.revision();
        }

        @Override
        public long compactedRevision() {
            return state.compactedRevision();
        }

        @Override
        public Row current(Key key) {
            try {
                List<Row> rows = new ArrayList<>(1);
                plain(
                        connection,
                        KeyRange.single(key),
                        Selection.of(1, 0, false),
                        into(rows, Long.MAX_VALUE, 1, NO_LISTENER, held));
                return rows.isEmpty() ? null : rows.getFirst();
            } catch (SQLException e) {
                throw new UncheckedSqlException(e);
            }
        }

        @Override
        public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes) {
            try {
                return StreamReader.select(connection, state, range, selection, maxBytes, NO_LISTENER, held);
            } catch (SQLException e) {
                throw new UncheckedSqlException(e);
            }
        }

        @Override
        public boolean holds(Compare compare) {
            try {
                return StreamReader.holds(connection, compare, NO_LISTENER);
            } catch (SQLException e) {
                throw new UncheckedSqlException(e);
            }
        }

        @Override
        public Map<Key, Row> rows(Collection<Key> keys) {
            throw changesNothing();
        }

        @Override
        public List<Outline> outlines(KeyRange range, int limit) {
            throw changesNothing();
        }

        @Override
        public List<Outline> toDelete(KeyRange range, int limit) {
            throw changesNothing();
        }

        private static UnsupportedOperationException changesNothing() {
            return new UnsupportedOperationException("a read-only transaction cannot change rows");
        }

        @Override
        public boolean leaseExists(long lease) {
            throw changesNothing();
        }
    }

    /** @return number of rows, -1 when the limit or the sink ended the stream before it was known */
    private static long plain(Connection connection, KeyRange range, Selection selection, RangeSink sink)
            throws SQLException {
        long limit = selection.limit();
        long revision = selection.revision();
        List<Cursor> cursors = new ArrayList<>();
        try {
            cursors.add(current(
                    connection,
                    "kv_short",
                    RowQueries.inRange(range),
                    RowQueries::bindRange,
                    range,
                    limit,
                    revision,
                    selection.keysOnly()));
            cursors.add(current(
                    connection,
                    "kv_long",
                    RowQueries.inLongRange(range),
                    RowQueries::bindLongRange,
                    range,
                    limit,
                    revision,
                    selection.keysOnly()));
            if (revision > 0) {
                cursors.add(ended(connection, range, limit, revision, selection.keysOnly()));
            }
            return merge(cursors, limit, sink);
        } finally {
            for (Cursor cursor : cursors) {
                cursor.close();
            }
        }
    }

    private interface RangeBinder {
        int bind(PreparedStatement statement, int at, KeyRange range) throws SQLException;
    }

    private static Cursor current(
            Connection connection,
            String table,
            String inRange,
            RangeBinder binder,
            KeyRange range,
            long limit,
            long revision,
            boolean keysOnly)
            throws SQLException {
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
        return RowQueries.streamed(keysOnly, RowQueries.PLACE);
    }

    private static long merge(List<Cursor> cursors, long limit, RangeSink sink) throws SQLException {
        for (long sent = 0; limit <= 0 || sent < limit; sent++) {
            Cursor first = null;
            for (Cursor cursor : cursors) {
                if (cursor.row() != null
                        && (first == null
                                || cursor.row().key().compareTo(first.row().key()) < 0)) {
                    first = cursor;
                }
            }
            if (first == null) {
                return sent;
            }
            if (!sink.row(first.row())) {
                return -1;
            }
            first.advance();
        }
        return -1;
    }

    public long events(KeyRange range, long fromRevision, long toRevision, int maxChanges, Consumer<Change> sink) {
        return inSnapshot(true, 0, (connection, state) -> {
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

    private interface Work<T> {
        T run(Connection connection, StoreState state) throws SQLException;
    }

    /**
     * A read of the history takes a lock on it first, before the snapshot. Dropping a partition first marks it, then
     * waits for the holders of a lock. So a snapshot from before the mark keeps the partition until its transaction
     * ends. A snapshot from after the mark shows the compacted revision, which forbids to read those rows.
     */
    private <T> T inSnapshot(boolean history, long atLeastIndex, Work<T> work) {
        return inSnapshot(history, atLeastIndex, work, new Patience());
    }

    private <T> T forMachine(boolean history, long atLeastIndex, Work<T> work) {
        return inSnapshot(history, atLeastIndex, work, patience);
    }

    private <T> T inSnapshot(boolean history, long atLeastIndex, Work<T> work, Patience patient) {
        long written = Math.max(atLeastIndex, writtenIndex.getAsLong());
        try (Connection connection = pool.getConnection()) {
            if (patient.isLong()) {
                // The pool resets it.
                connection.setNetworkTimeout(Runnable::run, patient.seconds() * 1_000);
            }
            if (history) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("LOCK TABLE ONLY raftgres.kv_history IN ACCESS SHARE MODE");
                }
            }
            StoreState state = StateTable.read(connection);
            PointReader.requireNotBehind(state.appliedIndex(), written);
            T done = work.run(connection, state);
            connection.commit();
            patient.succeeded();
            return done;
        } catch (SQLException e) {
            patient.failed(e);
            if (SqlErrors.serverIsGone(e)) {
                pool.getHikariPoolMXBean().softEvictConnections();
            }
            throw SqlErrors.of("PostgreSQL did not respond to a read", e);
        }
    }
}
