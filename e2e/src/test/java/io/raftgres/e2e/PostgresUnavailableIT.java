package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.load.Load;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The leader's PostgreSQL is killed or suspended, or its directory is deleted, while clients write. Leadership moves,
 * writes continue, memory stays bounded, and the member catches up or is rebuilt. {@code -De2e.pause.seconds=30}
 * suspends it for longer.
 */
@Tag("long")
class PostgresUnavailableIT {

    private static final int PAUSE_SECONDS = Integer.getInteger("e2e.pause.seconds", 10);
    private static final long GAP_MILLIS_MAX = 6_000;
    private static final long RESIDENT_MIB_MAX = 1_024;

    @TempDir
    Path directory;

    @Test
    void unavailablePostgresCostsAtMostALeaderChange() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            Load load = new Load(cluster.urls(), 8, Duration.ofMillis(2), Duration.ofSeconds(30));
            try (load) {
                load.awaitWrites(500);
                killed(cluster, load);
                heldStill(cluster, load);
                deleted(cluster, load);
                load.awaitWrites(200);
            }
            assertEquals(List.of(), load.failures());
            Checks.check(load, cluster, 1, 2, 3);
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
        }
    }

    private static void killed(Cluster cluster, Load load) throws Exception {
        int leader = cluster.leader();
        load.mark();
        cluster.killPostgres(leader);
        load.awaitWrites(500);
        awaitReady(cluster, leader);
        report("PostgreSQL of the leader killed", load);
    }

    private static void heldStill(Cluster cluster, Load load) throws Exception {
        int leader = cluster.leader();
        List<Long> server = cluster.postgresProcesses(leader);
        load.mark();
        Cluster.signal("STOP", server);
        try {
            Cluster.await(
                    "another leader than node" + leader,
                    Duration.ofSeconds(20),
                    () -> cluster.leaderOf(1, 2, 3) != leader ? true : null);
            Cluster.await(
                    "the alarm",
                    Duration.ofSeconds(10),
                    () -> cluster.member(cluster.leaderOf(1, 2, 3), "node" + leader)
                                    .path("alarms")
                                    .toString()
                                    .contains("postgres-unavailable")
                            ? true
                            : null);
            long until = System.nanoTime() + Duration.ofSeconds(PAUSE_SECONDS).toNanos();
            while (System.nanoTime() < until) {
                load.awaitWrites(50);
            }
            long resident = cluster.residentMib(leader);
            assertTrue(resident <= RESIDENT_MIB_MAX, "node" + leader + " takes " + resident + " MiB");
        } finally {
            Cluster.signal("CONT", server);
        }
        awaitReady(cluster, leader);
        report("PostgreSQL of the leader held still for " + PAUSE_SECONDS + " s", load);
    }

    private static void deleted(Cluster cluster, Load load) throws Exception {
        int victim = cluster.leader() % 3 + 1;
        load.mark();
        // Renames the directory first: otherwise files that the node creates meanwhile would be deleted with it.
        Path data =
                cluster.directory().resolve("node" + victim).resolve("postgres").resolve("data");
        Path deleted = data.resolveSibling("deleted");
        Files.move(data, deleted);
        Trees.deleteTree(deleted);
        Cluster.await(
                "node" + victim + " to give its state up",
                Duration.ofSeconds(30),
                () -> cluster.metric(victim, "raftgres_rebuilds_total") >= 1 ? true : null);
        awaitReady(cluster, victim);
        report("PostgreSQL's directory deleted", load);
    }

    private static void awaitReady(Cluster cluster, int node) throws Exception {
        Cluster.await(
                "node" + node + " to serve again", Duration.ofSeconds(120), () -> cluster.isReady(node) ? true : null);
    }

    private static void report(String what, Load load) {
        System.out.printf("%s: longest gap between acknowledged writes %d ms%n", what, load.longestGapMillis());
        assertTrue(load.longestGapMillis() <= GAP_MILLIS_MAX, what);
    }
}
