package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.load.Load;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another program changed a member's PostgreSQL, or its files are damaged. The member notices within one interval of
 * comparison, stops serving, reports why, and is rebuilt from the others without an administrator.
 */
@Tag("long")
class ReplicaIT {

    private static final long INTERVAL_SECONDS = 3;

    @TempDir
    Path directory;

    @Test
    void rowsChangedWithSqlAreFoundAndTheMemberIsRebuilt() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 3, "-Draftgres.scrub-interval=" + INTERVAL_SECONDS + "s")) {
            Load load = load(cluster);
            try (load) {
                new Filler(cluster.urls(), 5_000, 100).run();
                cluster.put(1, "truth", "unchanged");
                int victim = cluster.leader() % 3 + 1;
                Cluster.await(
                        "PostgreSQL to have it",
                        Duration.ofSeconds(30),
                        () -> "unchanged".equals(sqlValue(cluster, victim, "truth")) ? true : null);
                long begun = System.nanoTime();
                sql(cluster, victim, "UPDATE raftgres.kv_short SET value = 'changed' WHERE key = 'truth'");
                awaitRebuilt(cluster, victim, begun, "the rows in PostgreSQL differ from the log");
                assertEquals("unchanged", cluster.get(victim, "truth"));
                assertEquals("unchanged", sqlValue(cluster, victim, "truth"));
            }
            assertEquals(List.of(), load.failures());
            Checks.check(load, cluster, 1, 2, 3);
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
        }
    }

    @Test
    void flippedBitsInItsFilesAreFoundAndTheMemberIsRebuilt() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 3, "-Draftgres.scrub-interval=" + INTERVAL_SECONDS + "s")) {
            new Filler(cluster.urls(), 5_000, 100).run();
            int victim = cluster.leader() % 3 + 1;
            cluster.awaitEqualHashes();
            // This reads all pages and sets hint bits. A page changed after a checkpoint would be healed by the write-
            // ahead log.
            double scrubs = cluster.metric(victim, "raftgres_scrubs_total");
            Cluster.await(
                    "two scrubs",
                    Duration.ofSeconds(60),
                    () -> cluster.metric(victim, "raftgres_scrubs_total") >= scrubs + 2 ? true : null);
            sql(cluster, victim, "CHECKPOINT");
            String file = sql(cluster, victim, "SELECT pg_relation_filepath('raftgres.kv_short')");
            flip(cluster.directory()
                    .resolve("node" + victim)
                    .resolve("postgres")
                    .resolve("data")
                    .resolve(file));
            long begun = System.nanoTime();
            // The server has undamaged pages in memory; a new server reads the file.
            cluster.killPostgres(victim);
            awaitRebuilt(cluster, victim, begun, "");
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
            assertEquals("5000", sql(cluster, victim, "SELECT count(*) FROM raftgres.kv"));
        }
    }

    private static Load load(Cluster cluster) {
        return new Load(cluster.urls(), 4, Duration.ofMillis(5), Duration.ofSeconds(20));
    }

    private static void awaitRebuilt(Cluster cluster, int victim, long begun, String why) throws Exception {
        Cluster.await(
                "node" + victim + " to be found out",
                Duration.ofSeconds(INTERVAL_SECONDS + 27),
                () -> cluster.metric(victim, "raftgres_rebuilds_total") >= 1 ? true : null);
        long found = System.nanoTime();
        Cluster.await(
                "node" + victim + " to serve again",
                Duration.ofSeconds(120),
                () -> cluster.isReady(victim) && cluster.metric(victim, "raftgres_serving") == 1 ? true : null);
        System.out.printf(
                "node%d was found out after %.1f s, and served again %.1f s later%n",
                victim, (found - begun) / 1e9, (System.nanoTime() - found) / 1e9);
        String log = Files.readString(cluster.log(victim));
        assertTrue(
                log.contains("discards its state") && log.contains(why),
                "the log of node" + victim + " does not say why");
        assertTrue(TimeUnit.NANOSECONDS.toSeconds(found - begun) <= INTERVAL_SECONDS + 15, "found out late");
    }

    private static String sqlValue(Cluster cluster, int node, String key) throws Exception {
        return sql(cluster, node, "SELECT convert_from(value, 'UTF8') FROM raftgres.kv WHERE key = '" + key + "'");
    }

    /**
     * Runs SQL as the owner of the tables, as only a program that bypasses the node does.
     *
     * @return the first value; null if there is none
     */
    private static String sql(Cluster cluster, int node, String sql) throws SQLException, IOException {
        try (Connection connection = cluster.ownerSql(node);
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return null;
            }
            try (ResultSet result = statement.getResultSet()) {
                return result.next() ? result.getString(1) : null;
            }
        }
    }

    /** Flips one bit in the middle of each of the first pages. */
    private static void flip(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            for (long at = 4_000; at < Math.min(bytes.length(), 10 * 8_192); at += 8_192) {
                bytes.seek(at);
                int old = bytes.read();
                bytes.seek(at);
                bytes.write(old ^ 0x10);
            }
        }
    }
}
