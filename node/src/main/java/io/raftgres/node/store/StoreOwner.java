package io.raftgres.node.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** The member that owns the data in a PostgreSQL. */
public record StoreOwner(long clusterId, long memberId) {

    static Optional<StoreOwner> read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT cluster_id, member_id FROM raftgres.state")) {
            if (!result.next()) {
                throw new IllegalStateException("the table raftgres.state has lost its row");
            }
            StoreOwner owner = new StoreOwner(result.getLong(1), result.getLong(2));
            return result.wasNull() ? Optional.empty() : Optional.of(owner);
        }
    }

    /** Durable when this returns. */
    static void change(Connection connection, StoreOwner from, StoreOwner to) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SET LOCAL synchronous_commit = on;"
                + "UPDATE raftgres.state SET cluster_id = ?, member_id = ?"
                + " WHERE cluster_id IS NULL OR (cluster_id = ? AND member_id = ?)")) {
            statement.setLong(1, to.clusterId);
            statement.setLong(2, to.memberId);
            statement.setLong(3, from.clusterId);
            statement.setLong(4, from.memberId);
            statement.execute();
        }
        StoreOwner now = read(connection).orElseThrow();
        if (!now.equals(to)) {
            throw new IllegalStateException("the data in PostgreSQL belongs to " + now + ", not to " + from);
        }
        connection.commit();
    }

    @Override
    public String toString() {
        return "member " + Long.toHexString(memberId) + " of cluster " + Long.toHexString(clusterId);
    }
}
