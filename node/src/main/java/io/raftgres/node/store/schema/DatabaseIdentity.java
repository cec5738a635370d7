package io.raftgres.node.store.schema;

import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.raft.Membership;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The owner of PostgreSQL's data. Data of another cluster or member is refused: this member's log does not fit it. */
public final class DatabaseIdentity {

    private volatile Bound bound;

    private record Bound(long clusterId, long memberId) {
        @Override
        public String toString() {
            return "member " + Long.toHexString(memberId) + " of cluster " + Long.toHexString(clusterId);
        }
    }

    /**
     * Claims data without an owner.
     *
     * @param bootstrap the members, for an empty table of members; null: the table stays
     * @throws IllegalStateException when the data belongs to another member
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

    /** Must be called on each new connection: another server may have replaced the previous one. */
    public void check(Connection connection) throws SQLException {
        if (bound != null) {
            require(connection, bound);
        }
    }

    /**
     * Data of another member is refused and never replaced, because that member may be running on it. Data that lost
     * its owner is this member's, or belongs to an empty server that replaced this member's.
     */
    private static void require(Connection connection, Bound wanted) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT cluster_id, member_id FROM raftgres.state")) {
            if (!result.next()) {
                throw new StoreDamagedException("the table raftgres.state has lost its row");
            }
            if (result.getObject(1) == null || result.getObject(2) == null) {
                throw new StoreDamagedException("the data in PostgreSQL has lost its owner, " + wanted
                        + ": another program changed or replaced it");
            }
            Bound found = new Bound(result.getLong(1), result.getLong(2));
            if (!found.equals(wanted)) {
                throw new IllegalStateException("the data in PostgreSQL belongs to " + found + ", not to " + wanted);
            }
        }
    }
}
