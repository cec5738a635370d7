package io.raftgres.node.store;

import com.zaxxer.hikari.HikariDataSource;
import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthRecord;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Outline;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowSet;
import io.raftgres.node.kv.RowSource;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.history.HistoryDropper;
import io.raftgres.node.store.history.HistoryFigures;
import io.raftgres.node.store.query.PointReader;
import io.raftgres.node.store.query.RangeSink;
import io.raftgres.node.store.query.StreamReader;
import io.raftgres.node.store.schema.DatabaseIdentity;
import io.raftgres.node.store.schema.MembersTable;
import io.raftgres.node.store.schema.Migrations;
import io.raftgres.node.store.schema.ReaderRights;
import io.raftgres.node.store.schema.Scrub;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.write.BatchWriter;
import io.raftgres.node.store.write.FlushProbe;
import io.raftgres.node.store.write.StoreRewoundException;
import io.raftgres.raft.Membership;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;

/**
 * The node's data in PostgreSQL, embedded or external: live rows, replaced rows, idempotency tokens, and one row with
 * the applied index.
 *
 * <p>PostgreSQL may lose its last transactions in a crash (synchronous_commit=off), as whole transactions.
 * {@link #write} and {@link #check} notice it and throw {@link StoreRewoundException}. Reads throw
 * {@link StoreUnavailableException} until the lost transactions are written again. While PostgreSQL is unavailable all
 * methods throw {@link StoreUnavailableException}; they work again without a restart when it returns.
 *
 * <p>{@link #write}, {@link #check} and {@link #bind} are for one thread, all others for any.
 *
 * <p>The cost of a row, measured with StoreBenchmark: batches of 500, keys of 22 and values of 256 bytes, PostgreSQL 18
 * with 64 MiB of shared buffers. The 2-core machine was busy with other work (load 10), so the numbers are processor
 * time of the writing backend. An insert takes 4.4 us (about 220,000/s of one core). An update with its row in the
 * history takes 16 to 20 us (about 50,000 to 60,000/s). An index on kv's mod_revision, for events, was tried in plain
 * SQL and rejected: updates took half as long again and none was a HOT update. A separate table of (revision, key) had
 * the same effect. A B-tree instead of BRIN on the history's end cost 15 %.
 */
public final class Store implements RowSource, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Store.class);
    private static final long OPEN_RETRY_MILLIS = 50;

    private final StoreOptions options;
    private final DatabaseIdentity identity = new DatabaseIdentity();
    private final BatchWriter writer;
    private final HikariDataSource readPool;
    private final HikariDataSource streamPool;
    private final PointReader points;
    private final StreamReader streams;
    private final FlushProbe flushProbe;
    private final HistoryDropper dropper;
    private volatile long writtenIndex;
    private volatile long readHeardNanos = System.nanoTime();
    private volatile long writeHeardNanos = System.nanoTime();

    private Store(StoreOptions options, StoreState state) {
        this.options = options;
        this.writtenIndex = state.appliedIndex();
        this.writer = new BatchWriter(options, identity, state, () -> writeHeardNanos = System.nanoTime());
        this.readPool = Sessions.readers(options);
        this.streamPool = Sessions.streams(options);
        this.points = new PointReader(readPool, () -> writtenIndex);
        this.streams = new StreamReader(streamPool, () -> writtenIndex, () -> readHeardNanos = System.nanoTime());
        this.flushProbe = new FlushProbe(options);
        this.dropper = new HistoryDropper(options, identity, writer::revisionsToAttach, writer.partitions()::dropped);
    }

    /**
     * Waits for a PostgreSQL that starts, and migrates the schema.
     *
     * @throws StoreUnavailableException when it is not available within the options' time
     * @throws IllegalStateException when it cannot be used: too old, a newer schema, missing privileges
     */
    public static Store open(StoreOptions options) throws InterruptedException {
        long deadline = System.nanoTime() + options.openMillisMax() * 1_000_000;
        boolean logged = false;
        while (true) {
            try {
                return openOnce(options);
            } catch (StoreUnavailableException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                if (!logged) {
                    LOG.infof("waiting for PostgreSQL: %s", e.getMessage());
                    logged = true;
                }
                Thread.sleep(OPEN_RETRY_MILLIS);
            }
        }
    }

    private static Store openOnce(StoreOptions options) {
        try {
            Migrations.run(Sessions.plain(options, "migration"));
            ReaderRights.restrict(Sessions.plain(options, "rights"));
            try (Connection connection = Sessions.plain(options, "open").getConnection()) {
                return new Store(options, StateTable.read(connection));
            }
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL at " + options.jdbcUrl() + " cannot be used", e);
        }
    }

    /** Like {@link #bind(long, long, Membership)}, but the members stay unchanged. */
    public void bind(long clusterId, long memberId) {
        bind(clusterId, memberId, null);
    }

    /**
     * Claims new data for a member, or checks that the data is this member's. Call it before the first write.
     *
     * @param bootstrap the members as of the applied index, for data without members: new data, or data of a release
     *     that did not write them
     * @throws IllegalStateException when the data belongs to another cluster or member
     */
    public synchronized void bind(long clusterId, long memberId, Membership bootstrap) {
        try (Connection connection = Sessions.writer(options)) {
            identity.bind(connection, clusterId, memberId, bootstrap);
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not store this member's identity", e);
        }
    }

    /**
     * From now on, and until the store is closed, compacted history is dropped in the background, in whole partitions.
     * Call it once, after {@link #bind}.
     */
    public void startDropping() {
        dropper.start();
    }

    public HistoryFigures history() {
        return dropper.figures();
    }

    /** @return the owner of the data; empty when it has none */
    public Optional<StoreOwner> owner() {
        try (Connection connection = Sessions.writer(options)) {
            Optional<StoreOwner> owner = StoreOwner.read(connection);
            connection.commit();
            return owner;
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not return the owner of its data", e);
        }
    }

    /**
     * Gives data a new owner, durably; for the recovery of a cluster, while no node runs on it. Data that {@code to}
     * owns already, or that has no owner, is accepted too.
     *
     * @throws IllegalStateException when another member owns the data
     */
    public synchronized void rebind(StoreOwner from, StoreOwner to) {
        try (Connection connection = Sessions.writer(options)) {
            StoreOwner.change(connection, from, to);
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not store the new identity", e);
        }
    }

    /** @return PostgreSQL's current state, read from it */
    public StoreState state() {
        return points.state();
    }

    /** @return the members as of the applied index, read from PostgreSQL; empty before {@link #bind} has stored them */
    public Membership membership() {
        try (Connection connection = streamPool.getConnection()) {
            Membership membership = MembersTable.read(connection);
            connection.commit();
            return membership;
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not respond to a read", e);
        }
    }

    /** Like {@link #write(List)}, with a single batch. */
    public void write(AppliedBatch batch) {
        write(List.of(batch));
    }

    /**
     * Writes consecutive batches, in one transaction: all or none. After {@link StoreUnavailableException} it may be
     * called again with the same batches and further ones: batches that were committed are found and skipped.
     *
     * @throws StoreUnavailableException PostgreSQL is unavailable; try again
     * @throws StoreRewoundException write again all batches after the index that it names
     * @throws StoreDamagedException the rows in PostgreSQL differ from those of the log: this data has to be replaced
     */
    public synchronized void write(List<AppliedBatch> batches) {
        try {
            StoreState written = writer.write(batches);
            writtenIndex = written.appliedIndex();
            dropper.compacted(written.compactedRevision());
        } catch (StoreRewoundException e) {
            LOG.warn(e.getMessage());
            writtenIndex = e.appliedIndex();
            throw e;
        }
    }

    /**
     * Checks that PostgreSQL still has the written batches. For the writing thread, about every second while there is
     * nothing to write: otherwise a crash that undid the last transactions would stay unnoticed.
     *
     * @throws StoreUnavailableException PostgreSQL does not respond; try again
     * @throws StoreRewoundException write again all batches after the index that it names
     */
    public synchronized void check() {
        try {
            writer.check();
        } catch (StoreRewoundException e) {
            LOG.warn(e.getMessage());
            writtenIndex = e.appliedIndex();
            throw e;
        }
    }

    @Override
    public Map<Key, Row> get(Collection<Key> keys) {
        return points.get(keys);
    }

    @Override
    public List<Outline> outlines(RowSet rows, int limit, long atLeastIndex) {
        return streams.outlines(rows, limit, false, atLeastIndex);
    }

    @Override
    public List<Outline> toDelete(RowSet rows, int limit, long atLeastIndex) {
        return streams.outlines(rows, limit, true, atLeastIndex);
    }

    @Override
    public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes, long atLeastIndex) {
        return streams.select(range, selection, maxBytes, atLeastIndex);
    }

    @Override
    public boolean holds(Compare compare, long atLeastIndex) {
        return streams.holds(compare, atLeastIndex);
    }

    /**
     * Reads only keys, a few at a time: the rows of a lease may be larger than memory.
     *
     * @param held receives the bytes of each key in memory; it may end the read by an exception
     */
    public List<Key> keysOf(long lease, int limit, LongConsumer held) {
        return streams.keysOf(lease, limit, held);
    }

    /** @return users, roles and their revision */
    public List<AuthRecord> auth() {
        return points.auth();
    }

    /** @return the existing leases, with their TTL in seconds */
    public Map<Long, Long> leases() {
        return points.leases();
    }

    /**
     * Runs a read-only transaction on one snapshot.
     *
     * @param atLeastRevision the snapshot must show this revision
     * @param held receives the bytes of each row in memory; it may end the read by an exception
     * @throws io.raftgres.node.kv.ServiceException when the state does not allow it
     * @throws StoreUnavailableException PostgreSQL does not respond, or does not show that revision
     */
    public ApplyResult read(long atLeastRevision, Request request, LongConsumer held) {
        return streams.read(atLeastRevision, request, held);
    }

    /**
     * Streams rows from one snapshot. With {@code keysOnly} the rows have empty values, which are not even read.
     *
     * @param counted whether to count the rows of the range, without limit and filter
     * @return their number, -1 when not requested
     * @throws io.raftgres.node.kv.ServiceException.Compacted when the revision is below the compacted one
     * @throws io.raftgres.node.kv.ServiceException.FutureRevision when PostgreSQL has not reached the revision
     * @throws StoreUnavailableException PostgreSQL does not respond, or all streams are in use; the sink may have
     *     received rows
     */
    public long range(KeyRange range, Selection selection, boolean counted, RangeSink sink) {
        return streams.range(range, selection, counted, sink);
    }

    /**
     * Reads past changes in the order of their revisions, and of keys within one; complete revisions only.
     *
     * <p>Each call reads all rows of the range in kv, and the history from {@code fromRevision} on. There is no index
     * on revisions, because it would slow each update down. For a small prefix this is cheap. For the whole key space
     * each call reads the whole table, so request many changes at once (10,000 or more).
     *
     * @param toRevision last revision wanted; 0: up to the current one
     * @param maxChanges the read stops at the end of the revision that reaches this number
     * @return the revision up to which the changes are complete; continue with the next one
     * @throws io.raftgres.node.kv.ServiceException.Compacted when some changes from there on are no longer kept
     */
    public long events(KeyRange range, long fromRevision, long toRevision, int maxChanges, Consumer<Change> sink) {
        return streams.events(range, fromRevision, toRevision, maxChanges, sink);
    }

    /**
     * @return the highest log index whose transaction PostgreSQL has flushed to disk: the log may be cut up to it. 0
     *     when it is unknown, as after a start. Queries PostgreSQL at most every 50 ms
     */
    public long flushedIndex() {
        return flushProbe.flushedIndex();
    }

    /** @param sink receives the tokens of each batch whose clock is at least {@code sinceMillis}, in log order */
    public void loadTokens(long sinceMillis, Consumer<byte[]> sink) {
        try (Connection connection = streamPool.getConnection();
                PreparedStatement statement = connection.prepareStatement("SELECT bytes FROM raftgres.tokens"
                        + " WHERE clock_millis >= ? ORDER BY clock_millis, last_index")) {
            statement.setFetchSize(1_000);
            statement.setLong(1, sinceMillis);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    sink.accept(result.getBytes(1));
                }
            }
            connection.commit();
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not respond to a read", e);
        }
    }

    public StoreOptions options() {
        return options;
    }

    /** @return how long PostgreSQL has sent no data to a long read of the state machine, if one is in progress */
    public long readSilentNanos() {
        return System.nanoTime() - readHeardNanos;
    }

    /** @return how long PostgreSQL has finished no statement of {@link #write}, if one is in progress */
    public long writeSilentNanos() {
        return System.nanoTime() - writeHeardNanos;
    }

    public StoreMaintenance maintenance() {
        return new StoreMaintenance(options);
    }

    /** Computes the hash from the rows, in PostgreSQL, and reads the stored one in the same snapshot. */
    public Scrub scrub() {
        return Scrub.run(options);
    }

    /** @return {@link #scrub()}'s recomputed hash */
    public long recomputeHash() {
        return scrub().recomputed();
    }

    /** @return whether PostgreSQL responds, within 2 s */
    public boolean available() {
        return points.answers();
    }

    @Override
    public synchronized void close() {
        dropper.close();
        writer.close();
        flushProbe.close();
        readPool.close();
        streamPool.close();
    }
}
