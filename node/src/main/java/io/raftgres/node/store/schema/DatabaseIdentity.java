package io.raftgres.node.store.schema;

import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.raft.Membership;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Whose data this is. Data of another cluster or member is refused: applied to it, the log would give nonsense. */
public final class DatabaseIdentity {

    private volatile Bound bound;

    private record Bound(long clusterId, long memberId) {
        @Override
        public String toString() {
            return "member " + Long.toHexString(memberId) + " of cluster " + Long.toHexString(clusterId);
        }
    }

    /**
     * Claims data that nobody has claimed.
     *
     * @param bootstrap the members, for a table that has none; null: it is left alone
     * @throws IllegalStateException when it is another one's
     */
    public void bind(Connection connection, long clusterId, long memberId, Membership bootstrap) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SET LOCAL synchronous_commit = on;"
                + "UPDATE raftgres.state SET cluster_id = ?, member_id = ? WHERE cluster_id IS NULL")) {
            statement.setLong(1, clusterId);
            statement.setLong(2, memberId);
            statement.execute();
        }
        require(connection, new Bound(clusterId, memberId));
        if (bootstrap != null && MembersTable.isEmpty(connection)) {
            MembersTable.insert(connection, Migrations.SCHEMA, bootstrap);
        }
        connection.commit();
        bound = new Bound(clusterId, memberId);
    }

    /** To be called on each new connection: the server may have been replaced by another. */
    public void check(Connection connection) throws SQLException {
        if (bound != null) {
            require(connection, bound);
        }
    }

    /**
     * Another one's data is refused and never replaced: there may be another member that runs on it. Data that has lost
     * its owner is ours, or an empty server's that took the place of ours.
     */
    private static void require(Connection connection, Bound wanted) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT cluster_id, member_id FROM raftgres.state")) {
            if (!result.next()) {
                throw new StoreDamagedException("the table raftgres.state has lost its row");
            }
            if (result.getObject(1) == null || result.getObject(2) == null) {
                throw new StoreDamagedException("the data in PostgreSQL has lost its owner, " + wanted
                        + ": it was changed or replaced by somebody else");
            }
            Bound found = new Bound(result.getLong(1), result.getLong(2));
            if (!found.equals(wanted)) {
                throw new IllegalStateException("the data in PostgreSQL is of " + found + ", not of " + wanted);
            }
        }
    }
}
