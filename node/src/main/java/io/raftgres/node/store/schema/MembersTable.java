package io.raftgres.node.store.schema;

import io.raftgres.node.kv.Printable;
import io.raftgres.node.store.sql.StatementBatch;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The table of members: the membership as of the applied index, written in the transaction that advances the index. */
public final class MembersTable {

    private static final String INSERT = "INSERT INTO %s.members"
            + " (member_id, name, voter, peer_address, client_address, removed)"
            + " SELECT * FROM unnest(?::bigint[], ?::text[], ?::boolean[], ?::text[], ?::text[], ?::boolean[])";

    private MembersTable() {}

    public static Membership read(Connection connection) throws SQLException {
        List<Member> members = new ArrayList<>();
        Set<Long> removed = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT member_id, removed, name, voter, peer_address,"
                        + " client_address FROM raftgres.members")) {
            while (result.next()) {
                if (result.getBoolean(2)) {
                    removed.add(result.getLong(1));
                } else {
                    members.add(new Member(
                            result.getLong(1),
                            result.getString(3),
                            result.getBoolean(4),
                            result.getString(5),
                            result.getString(6)));
                }
            }
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new StoreDamagedException("another program changed the table raftgres.members: " + e.getMessage(), e);
        }
        return new Membership(members, removed);
    }

    public static void add(StatementBatch batch, Membership membership) throws SQLException {
        int rows = rows(membership);
        batch.add("DELETE FROM raftgres.members", StatementBatch.ANY_COUNT, 100, (statement, at) -> at);
        batch.add(
                INSERT.formatted(Migrations.SCHEMA),
                rows,
                300L * rows,
                (statement, at) -> bind(statement, at, membership));
    }

    public static boolean isEmpty(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT NOT EXISTS (SELECT FROM raftgres.members)")) {
            result.next();
            return result.getBoolean(1);
        }
    }

    public static void insert(Connection connection, String schema, Membership membership) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INSERT.formatted(schema))) {
            bind(statement, 1, membership);
            statement.executeUpdate();
        }
    }

    private static int rows(Membership membership) {
        return membership.members().size() + membership.removed().size();
    }

    private static int bind(PreparedStatement statement, int at, Membership membership) throws SQLException {
        int rows = rows(membership);
        Long[] ids = new Long[rows];
        String[] names = new String[rows];
        Boolean[] voters = new Boolean[rows];
        String[] peerAddresses = new String[rows];
        String[] clientAddresses = new String[rows];
        Boolean[] removed = new Boolean[rows];
        int row = 0;
        for (Member member : membership.members()) {
            ids[row] = member.id();
            names[row] = Printable.of(member.name());
            voters[row] = member.voter();
            peerAddresses[row] = Printable.of(member.peerAddress());
            clientAddresses[row] = Printable.of(member.clientAddress());
            removed[row++] = false;
        }
        for (long id : new TreeSet<>(membership.removed())) {
            ids[row] = id;
            removed[row++] = true;
        }
        Connection connection = statement.getConnection();
        int next = at;
        statement.setArray(next++, connection.createArrayOf("int8", ids));
        statement.setArray(next++, connection.createArrayOf("text", names));
        statement.setArray(next++, connection.createArrayOf("bool", voters));
        statement.setArray(next++, connection.createArrayOf("text", peerAddresses));
        statement.setArray(next++, connection.createArrayOf("text", clientAddresses));
        statement.setArray(next++, connection.createArrayOf("bool", removed));
        return next;
    }
}
