package io.raftgres.node.store.staging;

import io.raftgres.node.store.history.HistorySpan;
import io.raftgres.node.store.schema.MembersTable;
import io.raftgres.node.store.schema.Migrations;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Membership;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Reads a member's whole state at one log index, from one transaction of its PostgreSQL. While it is open, PostgreSQL
 * keeps old versions of rows, so it should be short. Rows come in their order on disk, which costs the source least. In
 * key order, a table larger than the memory would need a page read for each row. For one thread.
 */
public final class SnapshotReader implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SnapshotReader.class);

    private static final String SETTINGS =
            "-c default_transaction_read_only=on -c synchronize_seqscans=off" + " -c max_parallel_workers_per_gather=0";

    /** COPY's binary format starts with it, then flags and the length of an extension (4 bytes each). */
    public static final byte[] SIGNATURE = "PGCOPY\n\u00FF\r\n\0".getBytes(StandardCharsets.ISO_8859_1);

    /** Marks the end, in place of the number of a row's columns. */
    public static final short END = -1;

    private static final int NULL_LENGTH = -1;

    private static final Pattern BOUNDS = Pattern.compile("FROM \\('(\\d+)'\\) TO \\('(\\d+)'\\)");

    /** Receives rows in COPY's binary format, one at a time. */
    @FunctionalInterface
    public interface RowSink {
        /** @param bytes may be reused after the call */
        void row(byte[] bytes, int offset, int length) throws InterruptedException;
    }

    private final Connection connection;
    private final StoreState state;
    private final long clusterId;
    private final Membership membership;
    private final List<HistorySpan> history;
    private final long sizeBytes;

    private SnapshotReader(Connection connection) throws SQLException {
        this.connection = connection;
        try (Statement statement = connection.createStatement()) {
            // Comes before the transaction has its snapshot, so that no partition in the snapshot is dropped.
            statement.execute("LOCK TABLE raftgres.kv_history IN ACCESS SHARE MODE");
            this.state = StateTable.read(connection);
            this.clusterId = single(statement, "SELECT coalesce(cluster_id, 0) FROM raftgres.state");
            this.membership = MembersTable.read(connection);
            this.history = history(statement);
            this.sizeBytes = single(statement, """
                    SELECT pg_table_size('raftgres.kv_short') + pg_table_size('raftgres.kv_long')
                        + pg_table_size('raftgres.tokens') + coalesce((SELECT sum(pg_table_size(inhrelid))
                            FROM pg_inherits WHERE inhparent = 'raftgres.kv_history'::regclass), 0)""");
        }
    }

    /**
     * @throws io.raftgres.node.kv.StoreUnavailableException PostgreSQL is unavailable
     * @throws StoreDamagedException its data is damaged
     */
    public static SnapshotReader open(StoreOptions options) {
        Connection connection = null;
        try {
            connection = Sessions.source(options, "snapshot", SETTINGS).getConnection();
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            return new SnapshotReader(connection);
        } catch (SQLException e) {
            close(connection);
            throw SqlErrors.of("PostgreSQL did not provide a snapshot", e);
        } catch (RuntimeException e) {
            close(connection);
            throw e;
        }
    }

    private static long single(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            if (!result.next()) {
                throw new StoreDamagedException("PostgreSQL returned no row for: " + sql);
            }
            return result.getLong(1);
        }
    }

    /** A partition that is being detached holds no rows that may still be read. */
    private static List<HistorySpan> history(Statement statement) throws SQLException {
        List<HistorySpan> spans = new ArrayList<>();
        try (ResultSet result = statement.executeQuery("""
                SELECT pg_get_expr(c.relpartbound, c.oid)
                FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'raftgres.kv_history'::regclass AND NOT i.inhdetachpending""")) {
            while (result.next()) {
                if (result.getString(1) == null) {
                    // It is being dropped, because its rows may no longer be read.
                    continue;
                }
                Matcher bounds = BOUNDS.matcher(result.getString(1));
                if (!bounds.find()) {
                    throw new StoreDamagedException(
                            "another program made a partition of raftgres.kv_history: " + result.getString(1));
                }
                spans.add(new HistorySpan(Long.parseLong(bounds.group(1)), Long.parseLong(bounds.group(2))));
            }
        }
        spans.sort(Comparator.comparingLong(HistorySpan::from));
        return List.copyOf(spans);
    }

    public StoreState state() {
        return state;
    }

    /** @return 0 when the data has no owner */
    public long clusterId() {
        return clusterId;
    }

    public Membership membership() {
        return membership;
    }

    /** @return the partitions of the history, ascending */
    public List<HistorySpan> history() {
        return history;
    }

    /** @return size of the tables on disk: no less than their rows, unless values were compressed */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** @return all parts, the live keys last */
    public List<SnapshotPart> parts() {
        List<SnapshotPart> parts = new ArrayList<>();
        history.forEach(span -> parts.add(new SnapshotPart(SnapshotPart.Table.HISTORY, span.from())));
        parts.add(SnapshotPart.of(SnapshotPart.Table.TOKENS));
        parts.add(SnapshotPart.of(SnapshotPart.Table.LEASES));
        parts.add(SnapshotPart.of(SnapshotPart.Table.AUTH));
        parts.add(SnapshotPart.of(SnapshotPart.Table.LONG));
        parts.add(SnapshotPart.of(SnapshotPart.Table.SHORT));
        return parts;
    }

    /**
     * Passes all rows of a part to the sink, as fast as it accepts them.
     *
     * @throws io.raftgres.node.kv.StoreUnavailableException PostgreSQL became unavailable
     * @throws StoreDamagedException its data is damaged
     */
    public void copy(SnapshotPart part, RowSink sink) throws InterruptedException {
        try {
            CopyOut copy = connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY " + part.in(Migrations.SCHEMA) + " TO STDOUT (FORMAT binary)");
            boolean header = true;
            boolean ended = false;
            byte[] message;
            while ((message = copy.readFromCopy()) != null) {
                ByteBuffer in = ByteBuffer.wrap(message);
                if (header) {
                    skipHeader(in);
                    header = false;
                }
                while (in.hasRemaining()) {
                    ended |= row(in, message, sink);
                }
            }
            if (!ended) {
                throw new IllegalStateException("COPY of " + part + " ended without its end marker");
            }
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not copy " + part, e);
        }
    }

    private static void skipHeader(ByteBuffer in) {
        for (byte expected : SIGNATURE) {
            if (in.get() != expected) {
                throw new IllegalStateException("the output of COPY is not in its binary format");
            }
        }
        in.getInt();
        in.position(in.position() + Integer.BYTES + in.getInt(in.position()));
    }

    /** PostgreSQL sends whole rows, one a message. @return whether it was the end */
    private static boolean row(ByteBuffer in, byte[] message, RowSink sink) throws InterruptedException {
        int start = in.position();
        short columns = in.getShort();
        if (columns == END) {
            return true;
        }
        for (int column = 0; column < columns; column++) {
            int length = in.getInt();
            if (length != NULL_LENGTH) {
                in.position(in.position() + length);
            }
        }
        sink.row(message, start, in.position() - start);
        return false;
    }

    private static void close(Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debugf("closing a snapshot's connection: %s", e.getMessage());
            }
        }
    }

    /** May be called from another thread: a copy in progress then fails. */
    @Override
    public void close() {
        close(connection);
    }
}
