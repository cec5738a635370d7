package io.raftgres.node.store.staging;

import io.raftgres.node.store.history.HistorySpan;
import io.raftgres.node.store.schema.MembersTable;
import io.raftgres.node.store.schema.Scrub;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Membership;
import java.nio.ByteBuffer;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jboss.logging.Logger;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Fills the staging schema with a snapshot, chunk by chunk, each in a transaction that also counts it. So a crash of
 * PostgreSQL, or of this process, loses only whole chunks from the end. For one thread.
 *
 * <p>All methods throw {@link io.raftgres.node.kv.StoreUnavailableException} when PostgreSQL is unavailable or out of
 * space: the caller then opens another writer, reads {@link StagedState} and continues from there.
 * {@link StoreDamagedException} means that this PostgreSQL's disk is defective.
 */
public final class StagingWriter implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(StagingWriter.class);

    /** {@link SnapshotReader#SIGNATURE}, no flags, no extension. */
    private static final byte[] HEADER = ByteBuffer.allocate(SnapshotReader.SIGNATURE.length + 2 * Integer.BYTES)
            .put(SnapshotReader.SIGNATURE)
            .array();

    private static final byte[] TRAILER =
            ByteBuffer.allocate(Short.BYTES).putShort(SnapshotReader.END).array();

    private final Connection connection;

    private StagingWriter(Connection connection) {
        this.connection = connection;
    }

    public static StagingWriter open(StoreOptions options) {
        try {
            return new StagingWriter(StagingSchema.connect(options));
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL cannot store a snapshot", e);
        }
    }

    /** Begins with an empty schema. @param manifest any description of the snapshot: it is stored and returned */
    public void begin(byte[] manifest, List<HistorySpan> history) {
        try {
            StagingSchema.drop(connection, StagingSchema.NAME);
            StagingSchema.create(connection, manifest);
            StagingSchema.addPartitions(connection, history);
        } catch (SQLException e) {
            rollback();
            throw SqlErrors.of("PostgreSQL did not create the staging schema for a snapshot", e);
        }
    }

    /** Continues a snapshot that this or another process has begun. */
    public void resume(List<HistorySpan> history) {
        try {
            StagingSchema.addPartitions(connection, history);
        } catch (SQLException e) {
            rollback();
            throw SqlErrors.of("PostgreSQL did not create the staging schema for a snapshot", e);
        }
    }

    /**
     * Loads a chunk.
     *
     * @param number of the chunk, from 0; they come in order
     * @param rows in COPY's binary format, without its header and end
     * @throws SnapshotRejectedException PostgreSQL finds the rows invalid, or their number differs
     * @throws IllegalStateException the chunk is not the next one
     */
    public void load(long number, SnapshotPart part, long rowCount, byte[] rows) {
        try (Statement statement = connection.createStatement()) {
            StagingSchema.lock(statement);
            if (statement.executeUpdate("UPDATE raftgres_staging.snapshot SET chunks = chunks + 1" + " WHERE chunks = "
                            + number + " AND expected IS NULL")
                    != 1) {
                throw new IllegalStateException("chunk " + number + " of a snapshot is not the next one");
            }
            long loaded = copy(part, rows);
            if (loaded != rowCount) {
                throw new SnapshotRejectedException(
                        "chunk " + number + " of a snapshot has " + loaded + " rows of " + part + ", not " + rowCount);
            }
            connection.commit();
        } catch (SQLException e) {
            throw failed("PostgreSQL did not load chunk " + number + " of a snapshot", e);
        } catch (RuntimeException e) {
            rollback();
            throw e;
        }
    }

    private long copy(SnapshotPart part, byte[] rows) throws SQLException {
        CopyIn copy = connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + part.in(StagingSchema.NAME) + " FROM STDIN (FORMAT binary)");
        try {
            copy.writeToCopy(HEADER, 0, HEADER.length);
            copy.writeToCopy(rows, 0, rows.length);
            copy.writeToCopy(TRAILER, 0, TRAILER.length);
            return copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    /**
     * All chunks are loaded: makes the indexes, compares the rows with the hash, and marks the snapshot as complete,
     * durably. Takes long, and may be called again after a failure.
     *
     * @param chunks number of chunks
     * @throws SnapshotRejectedException the rows do not match the hash
     */
    public void finish(long chunks, StoreState state, Membership membership) {
        try {
            connection.setNetworkTimeout(Runnable::run, 0);
            expect(chunks);
            long start = System.nanoTime();
            while (makeIndex()) {
                LOG.debug("made an index of the snapshot");
            }
            writeState(state, membership);
            long indexed = System.nanoTime();
            Scrub scrub = Scrub.of(connection, StagingSchema.NAME);
            connection.commit();
            if (!scrub.agrees()) {
                throw new SnapshotRejectedException("the rows of the snapshot of index " + state.appliedIndex()
                        + " have the hash " + Long.toHexString(scrub.recomputed()) + ", not "
                        + Long.toHexString(scrub.kept()));
            }
            LOG.infof(
                    "the snapshot of index %d is complete: indexes made in %d ms, rows compared with the hash in %d ms",
                    state.appliedIndex(), (indexed - start) / 1_000_000, (System.nanoTime() - indexed) / 1_000_000);
            complete();
        } catch (SQLException e) {
            throw failed("PostgreSQL did not complete the snapshot", e);
        } catch (RuntimeException e) {
            rollback();
            throw e;
        }
    }

    private void expect(long chunks) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            StagingSchema.lock(statement);
            if (statement.executeUpdate(
                            "UPDATE raftgres_staging.snapshot SET expected = chunks WHERE chunks = " + chunks)
                    != 1) {
                throw new IllegalStateException("the snapshot does not have " + chunks + " chunks yet");
            }
        }
        connection.commit();
    }

    /** @return false when there was none left to make */
    private boolean makeIndex() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            StagingSchema.lock(statement);
            String[] left = left(statement);
            if (left.length > 0) {
                statement.execute(left[0]);
                statement.execute("UPDATE raftgres_staging.snapshot SET indexes = indexes[2:]");
            }
            connection.commit();
            return left.length > 0;
        }
    }

    private static String[] left(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT indexes FROM raftgres_staging.snapshot")) {
            result.next();
            Array array = result.getArray(1);
            return (String[]) array.getArray();
        }
    }

    private void writeState(StoreState state, Membership membership) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            StagingSchema.lock(statement);
            statement.execute("ANALYZE raftgres_staging.kv_short, raftgres_staging.kv_long");
            statement.execute("DELETE FROM raftgres_staging.members");
        }
        MembersTable.insert(connection, StagingSchema.NAME, membership);
        try (PreparedStatement update = connection.prepareStatement("UPDATE raftgres_staging.state SET"
                + " applied_index = ?, applied_term = ?, revision = ?, compacted_revision = ?, hash = ?,"
                + " clock_millis = ?, snapshot_index = ?, snapshot_term = ?, cluster_version = ?")) {
            update.setLong(1, state.appliedIndex());
            update.setLong(2, state.appliedTerm());
            update.setLong(3, state.revision());
            update.setLong(4, state.compactedRevision());
            update.setLong(5, state.hash());
            update.setLong(6, state.clockMillis());
            update.setLong(7, state.appliedIndex());
            update.setLong(8, state.appliedTerm());
            update.setInt(9, state.clusterVersion());
            update.executeUpdate();
        }
        connection.commit();
    }

    private void complete() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            StagingSchema.lock(statement);
            statement.execute("SET LOCAL synchronous_commit = on");
            statement.execute("UPDATE raftgres_staging.snapshot SET complete = true");
        }
        connection.commit();
    }

    /**
     * Covers values that PostgreSQL cannot read, that break a rule of the table, or that belong to a missing partition.
     */
    private RuntimeException failed(String doing, SQLException e) {
        rollback();
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.startsWith("22") || state.startsWith("23") || state.equals("42P01") || state.equals("42P17")) {
            return new SnapshotRejectedException(doing + ": " + e.getMessage(), e);
        }
        return SqlErrors.of(doing, e);
    }

    private void rollback() {
        try {
            connection.rollback();
        } catch (SQLException e) {
            LOG.debugf("after a failure: %s", e.getMessage());
        }
    }

    /** May be called from another thread: a load in progress then fails. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debugf("closing the connection of a snapshot: %s", e.getMessage());
        }
    }
}
