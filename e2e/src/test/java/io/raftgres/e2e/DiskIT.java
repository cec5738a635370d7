package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.raftgres.e2e.load.Load;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks of the log that are full, slow, failing or damaged. The test is skipped without strace or the permission to
 * mount.
 */
@Tag("long")
class DiskIT {

    @TempDir
    Path directory;

    @Test
    void fullLogDisksRefuseNewDataAndHeal() throws Exception {
        assumeTrue(Tmpfs.isPossible(), "mounting is not permitted here");
        List<Tmpfs> disks = new ArrayList<>();
        // Segments of 4 MiB: the active one and three spares are 16 MiB.
        try (Cluster cluster = Cluster.start(directory, 3, "-Draftgres.segment-bytes=4194304")) {
            cluster.put(1, "kept", "value");
            cluster.put(1, "deleted", "value");
            cluster.run("down");
            for (int node = 1; node <= 3; node++) {
                disks.add(Tmpfs.over(cluster.directory().resolve("node" + node).resolve("log"), 40 << 20));
            }
            cluster.up();
            for (Tmpfs disk : disks) {
                disk.fill();
            }
            byte[] large = new byte[500_000];
            HttpResponse<byte[]> refused = Cluster.await("a refusal for lack of space", Duration.ofSeconds(60), () -> {
                HttpResponse<byte[]> response = cluster.request(1, "PUT", "/v1/kv/large", large);
                return response.statusCode() == 507 ? response : null;
            });
            System.out.println(new String(refused.body(), StandardCharsets.UTF_8));
            // Two full disks of other members are enough for a refusal.
            Cluster.await(
                    "the alarm of node1",
                    Duration.ofSeconds(10),
                    () -> cluster.self(1).path("alarms").toString().contains("no-space") ? true : null);
            // Reads and deletes continue, on each node.
            for (int node = 1; node <= 3; node++) {
                assertEquals("value", cluster.get(node, "kept"));
            }
            assertEquals(
                    200, cluster.request(2, "DELETE", "/v1/kv/deleted", null).statusCode() / 100 * 100);
            for (Tmpfs disk : disks) {
                disk.empty();
            }
            long begun = System.nanoTime();
            Cluster.await(
                    "writes to be taken again",
                    Duration.ofSeconds(30),
                    () -> cluster.put(3, "kept", "again").statusCode() < 300 ? true : null);
            System.out.printf(
                    "writes are taken %d ms after there is space again%n",
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            assertEquals("again", cluster.get(1, "kept"));
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
        } finally {
            for (Tmpfs disk : disks) {
                disk.close();
            }
        }
    }

    @Test
    void aFullDiskUnderThePostgresOfTheLeaderCostsOnlyThatMember() throws Exception {
        assumeTrue(Tmpfs.isPossible(), "mounting is not permitted here");
        try (Cluster cluster = Cluster.start(directory)) {
            int victim = cluster.leader();
            cluster.stopNode(victim);
            Path data = cluster.directory()
                    .resolve("node" + victim)
                    .resolve("postgres")
                    .resolve("data");
            try (Tmpfs disk = Tmpfs.over(data, 160 << 20)) {
                cluster.startNode(victim);
                cluster.request(
                        1,
                        "POST",
                        "/v1/leader",
                        ("{\"target\":\"node" + victim + "\"}").getBytes(StandardCharsets.UTF_8));
                Load load = new Load(cluster.urls(), 8, Duration.ofMillis(2), Duration.ofSeconds(30));
                try (load) {
                    load.awaitWrites(500);
                    load.mark();
                    disk.fill();
                    new Filler(cluster.urls(), 20_000, 1_000).run();
                    Cluster.await(
                            "an alarm of node" + victim,
                            Duration.ofSeconds(60),
                            () -> cluster.member(others(victim)[0], "node" + victim)
                                            .path("alarms")
                                            .isEmpty()
                                    ? null
                                    : true);
                    Cluster.await(
                            "another to lead",
                            Duration.ofSeconds(10),
                            () -> cluster.leaderOf(others(victim)) != victim ? true : null);
                    load.awaitWrites(500);
                    System.out.printf(
                            "PostgreSQL's disk of the leader is full: longest gap between acknowledged writes"
                                    + " %d ms%n",
                            load.longestGapMillis());
                    disk.empty();
                    Cluster.await(
                            "node" + victim + " to serve again",
                            Duration.ofSeconds(120),
                            () -> cluster.isReady(victim) ? true : null);
                    load.awaitWrites(200);
                }
                assertEquals(List.of(), load.failures());
                Checks.check(load, cluster, 1, 2, 3);
                System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
                cluster.run("down");
            }
        }
    }

    @Test
    void leaderWithASlowDiskIsReplacedAndHeartbeatsContinue() throws Exception {
        assumeTrue(Strace.isPossible(), "strace cannot trace here");
        try (Cluster cluster = Cluster.start(directory)) {
            Load load = new Load(cluster.urls(), 8, Duration.ofMillis(2), Duration.ofSeconds(30));
            try (load) {
                load.awaitWrites(500);
                int leader = cluster.leader();
                long term = cluster.view(leader).path("term").asLong();
                load.mark();
                try (Strace strace = Strace.attach(cluster.nodePid(leader), "fdatasync:delay_enter=500000")) {
                    Cluster.await(
                            "another leader than node" + leader,
                            Duration.ofSeconds(20),
                            () -> cluster.leaderOf(others(leader)) != leader ? true : null);
                    load.awaitWrites(1_000);
                    assertTrue(cluster.leaderOf(others(leader)) != leader, "leadership came back to the slow disk");
                    // The leader was replaced by a transfer: no member missed heartbeats and campaigned.
                    long changes = cluster.view(others(leader)[0]).path("term").asLong() - term;
                    assertTrue(changes <= 2, changes + " terms went by");
                }
                System.out.printf(
                        "fdatasync of the leader takes 500 ms: longest gap between acknowledged writes" + " %d ms%n",
                        load.longestGapMillis());
                assertTrue(load.longestGapMillis() <= 5_000, "writes paused for " + load.longestGapMillis() + " ms");
                load.awaitWrites(200);
            }
            assertEquals(List.of(), load.failures());
            Checks.check(load, cluster, 1, 2, 3);
        }
    }

    @Test
    void nodeStopsAtAFailedSyncAndTheClusterContinues() throws Exception {
        assumeTrue(Strace.isPossible(), "strace cannot trace here");
        try (Cluster cluster = Cluster.start(directory)) {
            Load load = new Load(cluster.urls(), 8, Duration.ofMillis(2), Duration.ofSeconds(30));
            int leader = cluster.leader();
            try (load) {
                load.awaitWrites(500);
                ProcessHandle process =
                        ProcessHandle.of(cluster.nodePid(leader)).orElseThrow();
                try (Strace strace = Strace.attach(process.pid(), "fdatasync:error=EIO")) {
                    Cluster.await(
                            "node" + leader + " to stop",
                            Duration.ofSeconds(30),
                            () -> Cluster.runs(process) ? null : true);
                }
                assertTrue(Files.readString(cluster.log(leader)).contains("stops: "), "no reason in the log");
                load.awaitWrites(500);
                cluster.startNode(leader);
                load.awaitWrites(200);
            }
            assertEquals(List.of(), load.failures());
            Checks.check(load, cluster, 1, 2, 3);
        }
    }

    @Test
    void aDamagedLogIsReplacedByTheOthers() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            new Filler(cluster.urls(), 2_000, 200).run();
            cluster.put(1, "a", "b");
            int victim = cluster.leader() % 3 + 1;
            String id = cluster.member(1, "node" + victim).path("id").asText();
            cluster.stopNode(victim);
            damage(Trees.list(cluster.directory().resolve("node" + victim).resolve("log"), "segment-")
                    .getFirst());
            cluster.startNode(victim);
            Cluster.await("node" + victim + " to be a voter under another identity", Duration.ofSeconds(60), () -> {
                var member = cluster.member(cluster.leader(), "node" + victim);
                return member != null
                                && member.path("voter").asBoolean()
                                && !member.path("id").asText().equals(id)
                        ? true
                        : null;
            });
            assertEquals("b", cluster.get(victim, "a"));
            assertEquals(
                    1,
                    Trees.list(cluster.directory().resolve("node" + victim), "log.damaged-")
                            .size());
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
        }
    }

    private static int[] others(int node) {
        return new int[] {node % 3 + 1, (node + 1) % 3 + 1};
    }

    /** Damages the middle of a part that was synced long ago. */
    private static void damage(Path segment) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(segment.toFile(), "rw")) {
            for (long at = 10_000; at < 60_000; at += 1_000) {
                bytes.seek(at);
                bytes.write(0xA5);
            }
        }
    }
}
