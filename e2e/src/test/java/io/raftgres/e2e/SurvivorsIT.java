package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two of five nodes are left, and their logs differ: what they serve says which one has every acknowledged write. */
@Tag("long")
class SurvivorsIT {

    private static final int BEHIND = 4;
    private static final int AHEAD = 5;
    private static final int MORE = 20;

    @TempDir
    Path directory;

    @Test
    void theSurvivorWithTheHighestLastTermAndIndexHasAllWrites() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 5)) {
            assertEquals(201, cluster.put(1, "early", "both have it").statusCode());
            cluster.awaitEqualHashes(1, 2, 3, BEHIND, AHEAD);
            cluster.kill(BEHIND);
            for (int i = 0; i < MORE; i++) {
                String key = "late" + i;
                // The node that was killed may have been the leader.
                Cluster.await(
                        "a write",
                        Duration.ofSeconds(30),
                        () -> cluster.put(1, key, "one has it").statusCode() < 300 ? true : null);
            }
            cluster.awaitEqualHashes(1, 2, 3, AHEAD);
            for (int lost = 1; lost <= 3; lost++) {
                cluster.kill(lost);
            }
            Thread starting = cluster.startBlindly(BEHIND);
            awaitNoLeader(cluster, BEHIND);
            awaitNoLeader(cluster, AHEAD);

            JsonNode behind = cluster.self(BEHIND);
            JsonNode ahead = cluster.self(AHEAD);
            assertTrue(
                    ahead.path("lastTerm").asLong() > behind.path("lastTerm").asLong()
                            || ahead.path("lastTerm").asLong()
                                            == behind.path("lastTerm").asLong()
                                    && ahead.path("lastIndex").asLong()
                                            >= behind.path("lastIndex").asLong() + MORE,
                    () -> behind + " is behind " + ahead);
            // Each also knows it of the other one.
            Cluster.await(
                    "the other's report",
                    Duration.ofSeconds(30),
                    () -> cluster.member(BEHIND, "node" + AHEAD)
                                    .path("lastIndex")
                                    .equals(ahead.path("lastIndex"))
                            ? true
                            : null);
            Cluster.Result status = cluster.tryLauncher("status", "--endpoint", cluster.url(AHEAD));
            System.out.println(status.output());
            assertTrue(status.output().contains("LASTTERM  LASTINDEX"), status.output());

            cluster.kill(BEHIND);
            starting.join(Duration.ofSeconds(60));
            cluster.stopNode(AHEAD);
            Cluster.Result recovered = cluster.tryLauncher(
                    "recover",
                    "--force-new-cluster",
                    "--node",
                    "" + AHEAD,
                    "--data",
                    cluster.directory().toString());
            assertEquals(0, recovered.exitCode(), recovered.output());
            cluster.startNode(AHEAD);
            Cluster.await("the new cluster", Duration.ofSeconds(60), () -> cluster.isReady(AHEAD) ? true : null);
            for (int i = 0; i < MORE; i++) {
                assertEquals("one has it", cluster.get(AHEAD, "late" + i));
            }
            assertEquals("both have it", cluster.get(AHEAD, "early"));
        }
    }

    private static void awaitNoLeader(Cluster cluster, int node) throws Exception {
        Cluster.await("node" + node + " to see no leader", Duration.ofSeconds(60), () -> {
            JsonNode view = cluster.view(node);
            return view.path("members").size() == 5 && view.path("leader").isNull() ? true : null;
        });
    }
}
