package io.raftgres.node.store.schema;

import io.raftgres.node.store.sql.StoreDamagedException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The one-row table with PostgreSQL's applied index and revision. */
public final class StateTable {

    private StateTable() {}

    public static StoreState read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT applied_index, applied_term, revision,"
                        + " compacted_revision, hash, clock_millis, snapshot_index, snapshot_term, cluster_version"
                        + " FROM raftgres.state")) {
            if (!result.next()) {
                throw new StoreDamagedException("the table raftgres.state has lost its row");
            }
            return new StoreState(
                    result.getLong(1),
                    result.getLong(2),
                    result.getLong(3),
                    result.getLong(4),
                    result.getLong(5),
                    result.getLong(6),
                    result.getLong(7),
                    result.getLong(8),
                    result.getInt(9));
        }
    }
}
