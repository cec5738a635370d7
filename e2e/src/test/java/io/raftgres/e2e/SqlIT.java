package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SQL on every node while clients write: it shows the same rows as REST, and cannot write. */
class SqlIT {

    private static final int KEYS = 50;
    private static final int COMPARISONS = 30;
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String QUERY_CANCELED = "57014";

    @TempDir
    Path directory;

    /** A row as SQL and REST show it. */
    private record Seen(String value, long createRevision, long modRevision, long version) {}

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();

    @Test
    void sqlAgreesWithRestDuringWrites() throws Exception {
        try (Cluster cluster = Cluster.start(directory);
                RaftgresClient client =
                        RaftgresClient.builder().endpoints(cluster.urls()).build()) {
            Thread writer = Thread.ofVirtual().start(() -> write(client));
            try {
                Cluster.await("some writes", Duration.ofSeconds(30), () -> written.get() > 2 * KEYS ? true : null);
                for (int i = 0; i < COMPARISONS; i++) {
                    compareAtOneRevision(cluster, 1 + i % Cluster.NODES);
                }
                for (int node = 1; node <= Cluster.NODES; node++) {
                    readsOwnWrite(cluster, client, node);
                    refusesWrites(cluster, node);
                }
            } finally {
                over.set(true);
                writer.join();
            }
            String hash = cluster.awaitEqualHashes();
            for (int node = 1; node <= Cluster.NODES; node++) {
                status(cluster, node, hash);
                history(cluster, node);
            }
            System.out.printf(
                    "%d comparisons of kv_at(revision) with REST during %d writes, all equal%n",
                    COMPARISONS, written.get());
        }
    }

    private void write(RaftgresClient client) {
        for (int i = 0; !over.get(); i++) {
            String key = "sql/" + i % KEYS;
            try {
                if (i % 7 == 6) {
                    client.delete(key);
                } else {
                    client.put(key, "value " + i);
                }
                written.incrementAndGet();
            } catch (RaftgresException e) {
                System.out.println("a write failed: " + e.getMessage());
            }
        }
    }

    /** SQL and REST show the same state at one revision, however many writes came since. */
    private static void compareAtOneRevision(Cluster cluster, int node) throws Exception {
        try (Connection sql = cluster.sql(node);
                Statement statement = sql.createStatement()) {
            // Reads at a revision that all nodes have, even if this node's PostgreSQL is behind.
            long revision = number(statement, "SELECT raftgres.wait_for(" + 2 * KEYS + ")");
            TreeMap<String, Seen> bySql = new TreeMap<>();
            try (ResultSet rows = statement.executeQuery("SELECT raftgres.as_text(key), raftgres.as_text(value),"
                    + " create_revision, mod_revision, version FROM raftgres.kv_at(" + revision + ")")) {
                while (rows.next()) {
                    bySql.put(
                            rows.getString(1),
                            new Seen(rows.getString(2), rows.getLong(3), rows.getLong(4), rows.getLong(5)));
                }
            }
            assertFalse(bySql.isEmpty());
            TreeMap<String, Seen> byRest = new TreeMap<>();
            JsonNode range = cluster.json(node, "/v1/kv?revision=" + revision + "&encoding=text");
            for (JsonNode row : range.path("kvs")) {
                byRest.put(
                        row.path("key").asText(),
                        new Seen(
                                row.path("value").asText(),
                                row.path("createRevision").asLong(),
                                row.path("modRevision").asLong(),
                                row.path("version").asLong()));
            }
            assertEquals(byRest, bySql, () -> "node" + node + " at revision " + revision);
        }
    }

    /** SQL on any node shows an acknowledged write after waiting for its revision. */
    private static void readsOwnWrite(Cluster cluster, RaftgresClient client, int node) throws SQLException {
        long revision = client.put("own", "for node" + node + ", \u00e9\u6f22").revision();
        try (Connection sql = cluster.sql(node);
                Statement statement = sql.createStatement()) {
            assertTrue(number(statement, "SELECT raftgres.wait_for(" + revision + ")") >= revision);
            try (ResultSet row =
                    statement.executeQuery("SELECT value, mod_revision FROM raftgres.kv_text WHERE key = 'own'")) {
                assertTrue(row.next());
                assertEquals("for node" + node + ", \u00e9\u6f22", row.getString(1));
                assertEquals(revision, row.getLong(2));
            }
            SQLException late = assertThrows(
                    SQLException.class, () -> number(statement, "SELECT raftgres.wait_for(1000000000, '50 ms')"));
            assertEquals(QUERY_CANCELED, late.getSQLState(), late.getMessage());
        }
    }

    private static void refusesWrites(Cluster cluster, int node) throws SQLException {
        for (String attempt : List.of(
                "INSERT INTO raftgres.kv_short VALUES ('x', 1, 1, 1, 0, 'x')",
                "UPDATE raftgres.kv_short SET value = 'x'",
                "DELETE FROM raftgres.kv_history",
                "UPDATE raftgres.state SET revision = 1",
                "TRUNCATE raftgres.kv_short",
                "CREATE TABLE raftgres.mine (a int)",
                "CREATE TABLE public.mine (a int)")) {
            try (Connection sql = cluster.sql(node);
                    Statement statement = sql.createStatement()) {
                statement.execute("SET default_transaction_read_only = off");
                SQLException refused = assertThrows(SQLException.class, () -> statement.execute(attempt), attempt);
                assertEquals(INSUFFICIENT_PRIVILEGE, refused.getSQLState(), attempt + ": " + refused.getMessage());
            }
        }
    }

    private static void status(Cluster cluster, int node, String hash) throws Exception {
        JsonNode self = cluster.self(node);
        try (Connection sql = cluster.sql(node);
                Statement statement = sql.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT revision, applied_index, to_hex(hash), cluster_id, member_id FROM raftgres.status")) {
            assertTrue(row.next());
            assertEquals(self.path("revision").asLong(), row.getLong(1));
            assertTrue(row.getLong(2) <= self.path("appliedIndex").asLong());
            assertEquals(
                    Long.parseUnsignedLong(hash.substring(hash.indexOf('/') + 1), 16),
                    Long.parseUnsignedLong(row.getString(3), 16));
            assertEquals(
                    Long.parseUnsignedLong(cluster.view(node).path("clusterId").asText(), 16),
                    Long.parseUnsignedLong(row.getString(4), 16));
            assertEquals(
                    Long.parseUnsignedLong(self.path("id").asText(), 16), Long.parseUnsignedLong(row.getString(5), 16));
        }
    }

    /** The history of a key has no gap, except between a deletion and the next creation. */
    private static void history(Cluster cluster, int node) throws SQLException {
        String query = "SELECT mod_revision, end_revision, deleted, create_revision, version FROM raftgres.history"
                + " WHERE key = ? UNION ALL SELECT mod_revision, NULL, NULL, create_revision, version FROM raftgres.kv"
                + " WHERE key = ? ORDER BY mod_revision";
        byte[] key = "sql/3".getBytes(StandardCharsets.UTF_8);
        try (Connection sql = cluster.sql(node);
                PreparedStatement statement = sql.prepareStatement(query)) {
            statement.setBytes(1, key);
            statement.setBytes(2, key);
            int rows = 0;
            long expectedVersion = 1;
            long replacedAt = 0;
            try (ResultSet row = statement.executeQuery()) {
                for (; row.next(); rows++) {
                    assertEquals(expectedVersion, row.getLong(5));
                    assertTrue(replacedAt == 0 || replacedAt == row.getLong(1), "a gap before " + row.getLong(1));
                    boolean deleted = row.getBoolean(3);
                    replacedAt = deleted ? 0 : row.getLong(2);
                    expectedVersion = deleted ? 1 : row.getLong(5) + 1;
                    assertTrue(row.getLong(4) <= row.getLong(1));
                }
            }
            assertTrue(rows > 2, "only " + rows + " rows of one key");
        }
    }

    private static long number(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            assertTrue(row.next());
            return row.getLong(1);
        }
    }
}
