package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two of three nodes are lost permanently. The third becomes a cluster of its own, with all its entries. */
@Tag("long")
class RecoverIT {

    private static final int KEYS = 300;
    private static final int LEFT = 2;

    @TempDir
    Path directory;

    @Test
    void lastNodeBecomesAClusterOfOne() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            for (int i = 0; i < KEYS; i++) {
                assertEquals(
                        201,
                        cluster.put(1 + i % Cluster.NODES, "key" + i, "value" + i)
                                .statusCode());
            }
            cluster.awaitEqualHashes();
            String oldCluster = cluster.view(LEFT).path("clusterId").asText();
            long revision = cluster.self(LEFT).path("revision").asLong();
            Cluster.Result refused = recover(cluster);
            assertEquals(3, refused.exitCode(), refused.output());
            assertTrue(refused.output().contains("is running"), refused.output());
            cluster.kill(1);
            cluster.kill(3);
            // Kills the node and leaves its PostgreSQL, as a disaster would.
            cluster.kill(LEFT);
            killWhileItRecovers(cluster);
            Cluster.Result recovered = recover(cluster);
            assertEquals(0, recovered.exitCode(), recovered.output());
            assertTrue(recovered.output().contains("old cluster       " + oldCluster), recovered.output());
            assertTrue(recovered.output().contains("WHAT MAY BE LOST"), recovered.output());
            cluster.startNode(LEFT);
            Cluster.await("the new cluster", Duration.ofSeconds(60), () -> cluster.isReady(LEFT) ? true : null);
            assertNotEquals(oldCluster, cluster.view(LEFT).path("clusterId").asText());
            assertEquals(1, cluster.view(LEFT).path("members").size());
            for (int i = 0; i < KEYS; i++) {
                assertEquals("value" + i, cluster.get(LEFT, "key" + i));
            }
            assertEquals(201, cluster.put(LEFT, "after", "written").statusCode());
            assertEquals("written", cluster.get(LEFT, "after"));
            assertEquals(revision + 1, cluster.self(LEFT).path("revision").asLong());
            System.out.printf(
                    "recovered %d keys into cluster %s%n",
                    KEYS, cluster.view(LEFT).path("clusterId").asText());
            // The others have data of the old cluster. They join as new learners.
            cluster.run("node", "replace", "1");
            cluster.run("node", "replace", "3");
            assertEquals(3, cluster.view(1).path("members").size());
            assertEquals("value0", cluster.get(3, "key0"));
            System.out.println("hash on all nodes: " + cluster.awaitEqualHashes());
        }
    }

    private static Cluster.Result recover(Cluster cluster) throws IOException, InterruptedException {
        return cluster.tryLauncher(
                "recover",
                "--force-new-cluster",
                "--node",
                "" + LEFT,
                "--data",
                cluster.directory().toString());
    }

    /** SIGKILL during the recovery, between the old identity and the new one: the node starts under neither. */
    private void killWhileItRecovers(Cluster cluster) throws Exception {
        Path node = cluster.directory().resolve("node" + LEFT);
        Path plan = node.resolve("recovery.json");
        try (Connection sql = cluster.ownerSql(LEFT);
                Statement statement = sql.createStatement()) {
            sql.setAutoCommit(false);
            // Between the two identities the node changes this table. The test holds a lock on it, so the node waits.
            statement.execute("LOCK TABLE raftgres.state IN SHARE MODE");
            Process launcher = new ProcessBuilder(
                            Cluster.root().resolve("raftgres").toString(),
                            "recover",
                            "--force-new-cluster",
                            "--node",
                            "" + LEFT,
                            "--data",
                            cluster.directory().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("killed.out").toFile())
                    .start();
            Cluster.await("the recovery's plan", Duration.ofSeconds(60), () -> Files.exists(plan) ? true : null);
            ProcessHandle.of(cluster.nodePid(LEFT)).orElseThrow().destroyForcibly();
            assertTrue(launcher.waitFor(60, TimeUnit.SECONDS));
        }
        assertTrue(Files.exists(plan), "it was not killed in between");
        cluster.startNode(LEFT);
        ProcessHandle started = ProcessHandle.of(cluster.nodePid(LEFT)).orElseThrow();
        Cluster.await("the node's end", Duration.ofSeconds(60), () -> Cluster.runs(started) ? null : true);
        assertFalse(cluster.isReady(LEFT));
        assertTrue(Files.readString(cluster.log(LEFT)).contains("has not finished"), "it says why");
    }
}
