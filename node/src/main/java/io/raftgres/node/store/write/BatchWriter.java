package io.raftgres.node.store.write;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.history.HistoryPartitions;
import io.raftgres.node.store.schema.DatabaseIdentity;
import io.raftgres.node.store.schema.MembersTable;
import io.raftgres.node.store.schema.StateTable;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.store.sql.Patience;
import io.raftgres.node.store.sql.Sessions;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StatementBatch;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.raft.Membership;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;

/**
 * Writes batches, exactly once each: the same transaction advances the row of the state table, only from the index that
 * this writer knows. Owned by one thread at a time, which {@link Store} ensures.
 */
public final class BatchWriter implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(BatchWriter.class);

    /** Token rows are deleted at this interval of the log's clock. */
    private static final long EXPIRE_EVERY_MILLIS = 1_000;

    private static final String ADVANCE = """
            UPDATE raftgres.state SET applied_index = ?, applied_term = ?, revision = ?, compacted_revision = ?,
                hash = ?, clock_millis = ?, cluster_version = ? WHERE applied_index = ?""";

    private final StoreOptions options;
    private final DatabaseIdentity identity;
    private final HistoryPartitions partitions;
    private final Runnable heard;
    private final Patience patience = new Patience();
    private Connection connection;
    private volatile StoreState written;
    private long expiredMillis;

    /** @param heard called whenever PostgreSQL has finished statements */
    public BatchWriter(StoreOptions options, DatabaseIdentity identity, StoreState state, Runnable heard) {
        this.heard = heard;
        this.options = options;
        this.identity = identity;
        this.partitions = new HistoryPartitions(options.partitionRevisions());
        this.written = state;
    }

    /** @return the state after the batches, which is committed */
    public StoreState write(List<AppliedBatch> batches) {
        requireOrder(batches);
        try {
            List<AppliedBatch> rest = connection == null ? reconnect(batches) : batches;
            if (!rest.isEmpty()) {
                transact(rest);
                written = stateAfter(rest.getLast());
            }
            patience.succeeded();
            return written;
        } catch (SQLException e) {
            patience.failed(e);
            disconnect();
            throw SqlErrors.of(
                    "PostgreSQL did not store the batch that ends at index "
                            + batches.getLast().index(),
                    e);
        } catch (RuntimeException e) {
            disconnect();
            throw e;
        }
    }

    /** @return partitions of the history, for reports of a drop */
    public HistoryPartitions partitions() {
        return partitions;
    }

    /** @return approximate number of revisions until the next partition must be made; any thread */
    public long revisionsToAttach() {
        return partitions.ceiling() - partitions.reserve() - written.revision();
    }

    /** Notices a crash of PostgreSQL while there is nothing to write. */
    public void check() {
        try {
            if (connection == null) {
                reconnect(List.of());
            } else {
                StoreState found = StateTable.read(connection);
                connection.commit();
                if (found.appliedIndex() != written.appliedIndex()) {
                    throw new StoreDamagedException("PostgreSQL is at applied index " + found.appliedIndex()
                            + ", but this node had written index " + written.appliedIndex());
                }
            }
        } catch (SQLException e) {
            disconnect();
            throw SqlErrors.of("PostgreSQL does not respond", e);
        } catch (RuntimeException e) {
            disconnect();
            throw e;
        }
    }

    private static void requireOrder(List<AppliedBatch> batches) {
        if (batches.isEmpty()) {
            throw new IllegalArgumentException("no batch to write");
        }
        for (int i = 1; i < batches.size(); i++) {
            AppliedBatch one = batches.get(i - 1);
            AppliedBatch next = batches.get(i);
            if (next.index() <= one.index() || next.revision() < one.revision()) {
                throw new IllegalStateException("batch " + next.index() + " at revision " + next.revision()
                        + " after batch " + one.index() + " at revision " + one.revision());
            }
        }
    }

    private StoreState stateAfter(AppliedBatch batch) {
        return new StoreState(
                batch.index(),
                batch.term(),
                batch.revision(),
                batch.compactedRevision(),
                batch.hash(),
                batch.clockMillis(),
                written.snapshotIndex(),
                written.snapshotTerm(),
                batch.clusterVersion());
    }

    /**
     * Determines the outcome of a transaction whose response was lost, and of earlier ones that were not flushed.
     *
     * @return the batches that must still be written
     */
    private List<AppliedBatch> reconnect(List<AppliedBatch> batches) throws SQLException {
        connection = Sessions.writer(options, patience.seconds());
        identity.check(connection);
        StoreState found = StateTable.read(connection);
        partitions.load(connection);
        connection.commit();
        long known = written.appliedIndex();
        if (found.appliedIndex() == known) {
            return batches;
        }
        if (found.appliedIndex() < known) {
            written = found;
            throw new StoreRewoundException(found.appliedIndex(), known);
        }
        if (batches.isEmpty()) {
            // This is a check after a write whose response was lost: when that write is retried, it finds its own
            // outcome.
            disconnect();
            return batches;
        }
        for (int i = 0; i < batches.size(); i++) {
            if (batches.get(i).index() == found.appliedIndex()) {
                LOG.infof("PostgreSQL had committed index %d before its connection broke", found.appliedIndex());
                written = found;
                return batches.subList(i + 1, batches.size());
            }
        }
        throw new StoreDamagedException("PostgreSQL is at applied index " + found.appliedIndex()
                + ", which this node did not write: it had written only up to " + known);
    }

    private void transact(List<AppliedBatch> batches) throws SQLException {
        AppliedBatch last = batches.getLast();
        if (batches.getFirst().index() <= written.appliedIndex() || last.revision() < written.revision()) {
            throw new IllegalStateException("batch up to index " + last.index() + ", revision " + last.revision()
                    + " does not follow index " + written.appliedIndex() + ", revision " + written.revision());
        }
        List<RowChanges> changes = RowChanges.of(batches);
        if (changes.stream().anyMatch(RowChanges::endsRows)) {
            partitions.ensure(connection, written.revision() + 1, last.revision());
        }
        StatementBatch statements = new StatementBatch(connection, heard);
        StoreState after = stateAfter(last);
        statements.add(ADVANCE, 1, ADVANCE.length(), (statement, at) -> bind(statement, at, after));
        for (RowChanges each : changes) {
            RowStatements.add(statements, each);
        }
        RowStatements.addTokens(statements, batches);
        RowStatements.addLeases(statements, batches);
        RowStatements.addAuth(statements, batches);
        Membership membership = lastMembership(batches);
        if (membership != null) {
            MembersTable.add(statements, membership);
        }
        boolean expires = last.tokensExpiredMillis() >= expiredMillis + EXPIRE_EVERY_MILLIS;
        if (expires) {
            statements.add(
                    "DELETE FROM raftgres.tokens WHERE clock_millis < ?",
                    StatementBatch.ANY_COUNT,
                    100,
                    (statement, at) -> {
                        statement.setLong(at, last.tokensExpiredMillis());
                        return at + 1;
                    });
        }
        statements.flush();
        connection.commit();
        if (expires) {
            expiredMillis = last.tokensExpiredMillis();
        }
    }

    private static Membership lastMembership(List<AppliedBatch> batches) {
        return batches.reversed().stream()
                .map(AppliedBatch::membership)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private int bind(PreparedStatement statement, int at, StoreState after) throws SQLException {
        int next = at;
        statement.setLong(next++, after.appliedIndex());
        statement.setLong(next++, after.appliedTerm());
        statement.setLong(next++, after.revision());
        statement.setLong(next++, after.compactedRevision());
        statement.setLong(next++, after.hash());
        statement.setLong(next++, after.clockMillis());
        statement.setInt(next++, after.clusterVersion());
        statement.setLong(next++, written.appliedIndex());
        return next;
    }

    private void disconnect() {
        Connection broken = connection;
        connection = null;
        if (broken != null) {
            try {
                broken.close();
            } catch (SQLException e) {
                LOG.debugf("closing the writer's connection: %s", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        disconnect();
    }
}
