package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.raftgres.e2e.load.Load;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster grows from one node to five and shrinks to one again while clients write and read. Every request succeeds
 * after retries, no write is lost, no read is stale. Unsafe changes are refused with a reason.
 */
class MembershipIT {

    @TempDir
    Path directory;

    @Test
    void fromOneToFiveAndBackUnderLoad() throws Exception {
        try (Cluster cluster = Cluster.start(directory, 1)) {
            Load load = new Load(cluster.urls(5), 8, Duration.ofMillis(2), Duration.ofSeconds(20));
            try (load) {
                load.awaitWrites(100);
                for (int node = 2; node <= 5; node++) {
                    load.mark();
                    cluster.run("node", "add");
                    System.out.printf(
                            "node%d added: longest gap between acknowledged writes %d ms%n",
                            node, load.longestGapMillis());
                    load.awaitWrites(50);
                }
                assertEquals(5, voters(cluster, 1));
                // The leader is one of the removed members. It transfers its leadership first.
                for (int node : List.of(cluster.leader(), 2, 3, 4, 5, 1)) {
                    if (voters(cluster, cluster.leader()) == 1
                            || cluster.member(cluster.leader(), "node" + node) == null) {
                        continue;
                    }
                    load.mark();
                    cluster.run("node", "remove", "" + node, "--keep-data");
                    System.out.printf(
                            "node%d removed: longest gap between acknowledged writes %d ms%n",
                            node, load.longestGapMillis());
                    load.awaitWrites(50);
                }
                assertEquals(1, voters(cluster, cluster.leader()));
                refusesToLoseTheLastVoter(cluster);
            }
            assertEquals(List.of(), load.failures());
            Checks.check(load, cluster, cluster.leader());
        }
    }

    private static long voters(Cluster cluster, int asked) throws Exception {
        long voters = 0;
        for (JsonNode member : cluster.view(asked).path("members")) {
            voters += member.path("voter").asBoolean() ? 1 : 0;
        }
        return voters;
    }

    private static void refusesToLoseTheLastVoter(Cluster cluster) throws Exception {
        int last = cluster.leader();
        refused(cluster.request(last, "DELETE", "/v1/members/node" + last, null), "last voter");
    }

    private static void refused(HttpResponse<byte[]> response, String why) {
        String text = new String(response.body(), StandardCharsets.UTF_8);
        assertEquals(409, response.statusCode(), text);
        assertTrue(text.contains(why), text);
    }

    @Test
    void unsafeChangesAreRefusedAndRemovedMembersStayOut() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            cluster.put(1, "a", "b");
            // A learner that was added and never started is not promoted, and does not block other changes.
            String ghost = "{\"name\":\"ghost\",\"peerAddress\":\"127.0.0.1:1\","
                    + "\"clientAddress\":\"http://127.0.0.1:1\"}";
            HttpResponse<byte[]> added =
                    cluster.request(1, "POST", "/v1/members", ghost.getBytes(StandardCharsets.UTF_8));
            assertEquals(201, added.statusCode(), new String(added.body(), StandardCharsets.UTF_8));
            refused(cluster.request(2, "POST", "/v1/members/ghost/promote", null), "ghost");
            refused(
                    cluster.request(
                            3,
                            "POST",
                            "/v1/members",
                            ghost.replace("\"ghost\"", "\"node2\"").getBytes(StandardCharsets.UTF_8)),
                    "node2");
            assertEquals(
                    200, cluster.request(3, "DELETE", "/v1/members/ghost", null).statusCode());

            // All members can read the new entries, so the cluster's version rises. A node that cannot read them is not
            // added.
            Cluster.await(
                    "the cluster's version",
                    Duration.ofSeconds(30),
                    () -> cluster.view(1).path("clusterVersion").asInt() > 0 ? true : null);
            refused(
                    cluster.request(
                            2,
                            "POST",
                            "/v1/members",
                            ghost.getBytes(StandardCharsets.UTF_8),
                            "Content-Type",
                            "application/json",
                            "Raftgres-Reads",
                            "0"),
                    "start the node with a newer release");

            // One of three is down: without one of the two that respond there would be no quorum.
            int leader = cluster.leader();
            int down = leader % 3 + 1;
            int other = 6 - leader - down;
            cluster.kill(down);
            Cluster.await(
                    "the dead node to be missed",
                    Duration.ofSeconds(10),
                    () -> cluster.member(leader, "node" + down)
                                    .path("state")
                                    .asText()
                                    .equals("unreachable")
                            ? true
                            : null);
            refused(cluster.request(leader, "DELETE", "/v1/members/node" + other, null), "of which only");
            // The dead member itself may be removed. A node that starts with its identity learns of the removal and
            // does not serve.
            assertEquals(
                    200,
                    cluster.request(leader, "DELETE", "/v1/members/node" + down, null)
                            .statusCode());
            Thread starting = cluster.startBlindly(down);
            serves503(cluster, down);
            Path identity = cluster.directory().resolve("node" + down).resolve("member.json");
            Cluster.await(
                    "the removal to be written down",
                    Duration.ofSeconds(10),
                    () -> Files.readString(identity).contains("\"removed\" : true") ? true : null);
            cluster.put(leader, "a", "c");
            assertEquals("c", cluster.get(other, "a"));
            cluster.killProcess(down);
            starting.join();
        }
    }

    /** Its membership is an old one: it has no link to the current leader, and must still respond to it. */
    @Test
    void returningMemberFollowsAnUnknownLeader() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            cluster.put(1, "a", "before");
            cluster.stopNode(3);
            cluster.run("node", "add");
            cluster.launcher("transfer", "node4", "--endpoint", cluster.url(1));
            assertEquals(4, cluster.leaderOf(1, 2));
            assertTrue(cluster.put(1, "a", "after").statusCode() < 300);
            cluster.startNode(3);
            Cluster.await("node3 to have caught up", Duration.ofSeconds(30), () -> {
                JsonNode member = cluster.member(4, "node3");
                return member.path("matchIndex").asLong() > 0
                                && member.path("lag").asLong() == 0
                                && member.path("alarms").isEmpty()
                        ? true
                        : null;
            });
            assertEquals("after", cluster.get(3, "a"), "a linearizable read");
            assertTrue(cluster.put(3, "a", "by node3").statusCode() < 300);
            assertEquals("by node3", cluster.get(4, "a"));
            assertEquals(4, voters(cluster, 3));
        }
    }

    private static void serves503(Cluster cluster, int node) throws Exception {
        Cluster.await("node" + node + " to say that it was removed", Duration.ofSeconds(60), () -> {
            HttpResponse<byte[]> response = cluster.request(node, "GET", "/v1/kv/a?consistency=local", null);
            String text = new String(response.body(), StandardCharsets.UTF_8);
            return response.statusCode() == 503 && text.contains("removed from the cluster") ? true : null;
        });
        assertEquals(1, cluster.metric(node, "raftgres_removed"));
    }
}
