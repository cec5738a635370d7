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
 * What is in the staging schema.
 *
 * @param manifest what {@link StagingWriter#begin} was given
 * @param chunks loaded so far, from the first one on
 * @param allLoaded there are no more
 * @param complete all are there, and the rows are those of the hash: it may be installed
 */
public record StagedState(byte[] manifest, long chunks, boolean allLoaded, boolean complete) {

    private static final Logger LOG = Logger.getLogger(StagedState.class);

    /**
     * @return empty when nothing is staged
     * @throws io.raftgres.node.kv.StoreUnavailableException PostgreSQL is away
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
            throw SqlErrors.of("PostgreSQL does not say what it has of a snapshot", e);
        }
    }

    /**
     * Puts the staged state in the place of the live one, as this member's: in one transaction, which reads nothing of
     * the live one. It is durable when this returns. Then drops what was live, or leaves that to {@link #cleanUp}.
     * Nothing else may be writing to the live one.
     *
     * @throws IllegalStateException when nothing complete is staged; all is as it was
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
            LOG.warnf("the state before the snapshot is not dropped yet: %s", e.getMessage());
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

    /** Drops states that a snapshot has taken the place of, should a crash have left any. */
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

    /** Drops what is staged: for a member that needs it no more. */
    public static void discard(StoreOptions options) {
        try (Connection connection = StagingSchema.connect(options)) {
            StagingSchema.drop(connection, StagingSchema.NAME);
        } catch (SQLException e) {
            throw SqlErrors.of("PostgreSQL did not drop a snapshot", e);
        }
    }
}
