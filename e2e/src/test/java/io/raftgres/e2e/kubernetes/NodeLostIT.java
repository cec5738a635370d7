package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A machine that no longer reports: writes go on, the operator says so and touches nothing, and all heals with it. */
@OnKubernetes
class NodeLostIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(3);
    private static final Duration NOTICED_WITHIN = Duration.ofSeconds(90);

    @Test
    void theLeadersMachineIsLost(RaftCluster cluster) throws Exception {
        Hooks.RAFTGRES_NODE_STOP.assumeGiven();
        Hooks.RAFTGRES_NODE_START.assumeGiven();
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            Map<String, String> machine = Map.of("NODE", cluster.pod(leader).getSpec().getNodeName());
            Map<String, String> before = cluster.uids();
            client.gap("the leader's machine lost", GAP_MOST, () -> {
                try {
                    Hooks.RAFTGRES_NODE_STOP.run(machine);
                    cluster.await("the status to name the machine", NOTICED_WITHIN,
                            () -> cluster.status().path("readyReplicas").asInt() == 2
                                    && cluster.status().path("waitingFor").asText().contains(machine.get("NODE")));
                    System.out.println("--> it waits for: " + cluster.status().path("waitingFor").asText());
                    client.awaitWrites(200);
                    assertEquals(before, cluster.uids(), "the pods, while a machine is away");
                } finally {
                    Hooks.RAFTGRES_NODE_START.run(machine);
                }
                cluster.awaitSettled(3);
            });
        }
    }
}
