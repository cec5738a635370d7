package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.e2e.load.Load;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A member needs a snapshot because the log was cut: a blank node joins under load, and source or receiver may be
 * killed at any moment. The long version: -De2e.snapshot.keys=1000000.
 */
@Tag("long")
class SnapshotIT {

    private static final int KEYS = Integer.getInteger("e2e.snapshot.keys", 50_000);
    private static final int VALUE_BYTES = 256;
    private static final long JOIN_SECONDS_MAX = 60;

    /** A small log, so that the leader cuts it soon. */
    private static final String[] SMALL_LOG = {"-Draftgres.segment-bytes=4194304", "-Draftgres.log-bytes=8388608"};

    @TempDir
    Path directory;

    @Test
    void aBlankNodeJoinsACutLogUnderLoad() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 3, SMALL_LOG)) {
            new Filler(cluster.urls(), KEYS, VALUE_BYTES).run();
            awaitCutLogs(cluster);
            Load load = new Load(cluster.urls(), 8, Duration.ofMillis(2), Duration.ofSeconds(20));
            try (load) {
                load.awaitWrites(2_000);
                load.mark();
                load.awaitWrites(5_000);
                double before = load.latencyMillis(0.99);
                load.mark();
                long begun = System.nanoTime();
                cluster.run("node", "add");
                long joined = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
                double during = load.latencyMillis(0.99);
                System.out.printf(
                        "%,d keys of %d bytes: a blank node is a voter after %.1f s; p99 of writes %.1f ms"
                                + " before, %.1f ms meanwhile (median %.1f ms), longest gap %d ms%n",
                        KEYS,
                        VALUE_BYTES,
                        joined / 1e3,
                        before,
                        during,
                        load.latencyMillis(0.5),
                        load.longestGapMillis());
                assertTrue(joined <= TimeUnit.SECONDS.toMillis(JOIN_SECONDS_MAX), "joined after " + joined + " ms");
                load.awaitWrites(500);
            }
            assertEquals(List.of(), load.failures());
            double sent = 0;
            for (int node = 1; node <= 3; node++) {
                sent += cluster.metric(node, "raftgres_snapshots_sent");
            }
            assertTrue(sent >= 1, "no snapshot was sent: " + sent);
            Checks.check(load, cluster, 1, 2, 3, 4);
            System.out.println("hash on all four nodes: " + cluster.awaitEqualHashes(1, 2, 3, 4));
        }
    }

    @Test
    void killsOnEitherSideHarmNothing() throws Exception {
        int keys = Math.min(KEYS, 60_000);
        try (Cluster cluster = Cluster.start(
                directory, 3, SMALL_LOG[0], SMALL_LOG[1], "-Draftgres.snapshot-bytes-per-second=2097152")) {
            new Filler(cluster.urls(), keys, VALUE_BYTES).run();
            awaitCutLogs(cluster);
            // The member loses its state, and receives it again while source and receiver are killed in turn.
            int receiver = cluster.leader() % 3 + 1;
            cluster.stopNode(receiver);
            Trees.deleteTree(cluster.directory()
                    .resolve("node" + receiver)
                    .resolve("postgres")
                    .resolve("data"));
            Thread starting = cluster.startBlindly(receiver);
            int source = 6 - receiver - cluster.leaderOf(others(receiver));
            for (int kill = 0; kill < 3; kill++) {
                awaitBytes(cluster, receiver);
                int victim = kill == 1 ? source : receiver;
                cluster.killProcess(victim);
                System.out.println("killed node" + victim + " while node" + receiver + " was receiving");
                if (victim == receiver) {
                    // The previous command ended when its node was killed.
                    starting.join();
                    starting = cluster.startBlindly(victim);
                }
            }
            Cluster.await(
                    "node" + receiver + " to serve",
                    Duration.ofSeconds(120),
                    () -> cluster.isReady(receiver) ? true : null);
            starting.join();
            cluster.startNode(source);
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes(1, 2, 3));
            try (var sql = cluster.sql(receiver);
                    var statement = sql.createStatement();
                    var count = statement.executeQuery("SELECT count(*) FROM raftgres.kv")) {
                count.next();
                assertEquals(keys, count.getLong(1));
            }
        }
    }

    private static int[] others(int node) {
        return IntStream.rangeClosed(1, 3).filter(each -> each != node).toArray();
    }

    private static void awaitBytes(Cluster cluster, int node) throws Exception {
        Cluster.await(
                "node" + node + " to receive some of a snapshot",
                Duration.ofSeconds(60),
                () -> cluster.isReady(node) || cluster.metric(node, "raftgres_snapshot_received_bytes") > 500_000
                        ? true
                        : null);
    }

    private static void awaitCutLogs(Cluster cluster) throws Exception {
        for (int node = 1; node <= 3; node++) {
            int each = node;
            Cluster.await(
                    "the log of node" + node + " to be cut",
                    Duration.ofSeconds(60),
                    () -> cluster.metric(each, "raftgres_log_first_index") > 1 ? true : null);
        }
    }
}
