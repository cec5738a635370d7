package io.raftgres.e2e.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The leader and a follower cannot reach each other. Writes continue with the third member, and the follower catches up
 * afterwards.
 */
@Tag("long")
@OnKubernetes
class PartitionIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(3);

    @Test
    void theLeaderAndAFollowerAreCutOff(RaftCluster cluster) throws Exception {
        Hooks.RAFTGRES_POD_CUT.assumeGiven();
        Hooks.RAFTGRES_POD_HEAL.assumeGiven();
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            String follower = cluster.follower();
            client.gap("leader and follower cut off from each other", GAP_MOST, () -> {
                try {
                    Hooks.RAFTGRES_POD_CUT.run(
                            Map.of("A", cluster.namespace() + "/" + leader, "B", cluster.namespace() + "/" + follower));
                    cluster.await(
                            "the leader to miss the follower",
                            Duration.ofSeconds(60),
                            () -> missed(cluster, leader, follower));
                    client.awaitWrites(200);
                } finally {
                    Hooks.RAFTGRES_POD_HEAL.run(Map.of());
                }
                cluster.awaitSettled(3);
            });
        }
    }

    /** @return whether one of the two sees the member behind the cut as unreachable */
    private static boolean missed(RaftCluster cluster, String leader, String follower) {
        JsonNode view = Kubernetes.askPod(cluster.namespace(), leader, 8081, "GET", "/v1/cluster");
        for (JsonNode member : view.path("members")) {
            if (member.path("name").asText().equals(follower)) {
                return member.path("role").asText().equals("unreachable")
                        || member.path("state").asText().equals("unreachable");
            }
        }
        return false;
    }
}
