package io.raftgres.node.store.staging;

import io.raftgres.node.store.schema.Migrations;
import io.raftgres.node.store.sql.SqlErrors;
import io.raftgres.node.store.sql.StoreOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The content of the staging schema.
 *
 * @param manifest the argument of {@link StagingWriter#begin}
 * @param chunks number of loaded chunks, from the first one on
 * @param allLoaded there are no more
 * @param complete all are loaded, and the rows match the hash: the snapshot may be installed
 */
public record StagedState(byte[] manifest, long chunks, boolean allLoaded, boolean complete) {

    private static final Logger LOG = Logger.getLogger(StagedState.class);

    /**
     * @return empty when nothing is staged
     * @throws io.raftgres.node.kv.StoreUnavailableException PostgreSQL is unavailable
     */
    public static Optional<StagedState> look(StoreOptions options) {
        try (Connection connection = StagingSchema.connect(options);
                Statement statement = connection.createStatement()) {
            StagingSchema.lock(statement);
            if (!StagingSchema.isMade(statement)) {
                return Optional.empty();
            }
            try (ResultSet result = statement.executeQuery(
                    "SELECT manifest, chunks, expected IS NOT NULL, complete FROM raftgres_staging.snapshot")) {
                return result.next()
                        ? Optional.of(new StagedState(
                                result.getBytes(1), result.getLong(2), result.getBoolean(3), result.getBoolean(4)))
                        : Optional.empty();
            }
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not return the staged part of a snapshot", e);
        }
    }

    /**
     * Replaces the live state by the staged one, as this member's, in one transaction that reads nothing of the live
     * state. It is durable when this returns. Then drops the old state, or leaves that to {@link #cleanUp}. No other
     * writer may use the live state meanwhile.
     *
     * @throws IllegalStateException when no complete snapshot is staged; nothing is changed then
     */
    public static void install(StoreOptions options, long clusterId, long memberId) {
        try (Connection connection = StagingSchema.connect(options);
                Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL synchronous_commit = on");
            StagingSchema.lock(statement);
            requireComplete(statement);
            statement.execute(
                    "UPDATE raftgres_staging.state SET cluster_id = " + clusterId + ", member_id = " + memberId);
            statement.execute("DROP TABLE raftgres_staging.snapshot");
            if (StagingSchema.exists(statement, Migrations.SCHEMA)) {
                statement.execute("ALTER SCHEMA raftgres RENAME TO " + StagingSchema.OLD + transaction(statement));
            }
            statement.execute("ALTER SCHEMA raftgres_staging RENAME TO raftgres");
            connection.commit();
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not install the snapshot", e);
        }
        try {
            cleanUp(options);
        } catch (RuntimeException e) {
            LOG.warnf("cannot drop the state before the snapshot yet, the next start does: %s", e.getMessage());
        }
    }

    private static void requireComplete(Statement statement) throws SQLException {
        if (StagingSchema.isMade(statement)) {
            try (ResultSet result = statement.executeQuery("SELECT complete FROM raftgres_staging.snapshot")) {
                if (result.next() && result.getBoolean(1)) {
                    return;
                }
            }
        }
        throw new IllegalStateException("there is no complete snapshot to install");
    }

    private static String transaction(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
            result.next();
            return result.getString(1);
        }
    }

    /** Drops states that a snapshot has replaced, if a crash left any. */
    public static void cleanUp(StoreOptions options) {
        try (Connection connection = StagingSchema.connect(options)) {
            List<String> old = StagingSchema.old(connection);
            for (String schema : old) {
                StagingSchema.drop(connection, schema);
            }
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not drop the state before a snapshot", e);
        }
    }

    /** Drops the staged data: for a member that no longer needs it. */
    public static void discard(StoreOptions options) {
        try (Connection connection = StagingSchema.connect(options)) {
            StagingSchema.drop(connection, StagingSchema.NAME);
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not drop a snapshot", e);
        }
    }
}
