package io.raftgres.e2e.kubernetes;

import static io.raftgres.e2e.kubernetes.Kubernetes.CLIENT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * A machine that no longer reports: writes continue, the operator reports it and changes nothing, and the cluster heals
 * when the machine is back.
 */
@OnKubernetes
class NodeLostIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(3);
    private static final Duration NOTICED_WITHIN = Duration.ofSeconds(90);

    @Test
    void theLeadersMachineIsLost(RaftCluster cluster) throws Exception {
        Hooks.RAFTGRES_NODE_STOP.assumeGiven();
        Hooks.RAFTGRES_NODE_START.assumeGiven();
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = leaderWhereNamesAreNotResolved(cluster);
            Map<String, String> machine =
                    Map.of("NODE", cluster.pod(leader).getSpec().getNodeName());
            Map<String, String> before = cluster.uids();
            client.gap("the leader's machine lost", GAP_MOST, () -> {
                try {
                    Hooks.RAFTGRES_NODE_STOP.run(machine);
                    cluster.await(
                            "the status to name the machine",
                            NOTICED_WITHIN,
                            () -> cluster.status().path("readyReplicas").asInt() == 2
                                    && cluster.status()
                                            .path("waitingFor")
                                            .asText()
                                            .contains(machine.get("NODE")));
                    System.out.println("--> it waits for: "
                            + cluster.status().path("waitingFor").asText());
                    client.awaitWrites(200);
                    assertEquals(before, cluster.uids(), "the pods, while a machine is unavailable");
                } finally {
                    Hooks.RAFTGRES_NODE_START.run(machine);
                }
                cluster.awaitSettled(3);
            });
        }
    }

    /**
     * If the Kubernetes' DNS has only one pod, the loss of its machine makes all names unknown. This test is not about
     * that.
     */
    private static String leaderWhereNamesAreNotResolved(RaftCluster cluster) throws Exception {
        Set<String> machines =
                CLIENT.pods().inNamespace("kube-system").withLabel("k8s-app", "kube-dns").list().getItems().stream()
                        .map(pod -> pod.getSpec().getNodeName())
                        .collect(Collectors.toSet());
        String leader = cluster.leader();
        if (!machines.contains(cluster.pod(leader).getSpec().getNodeName())) {
            return leader;
        }
        Optional<String> other = cluster.pods().stream()
                .filter(pod -> !machines.contains(pod.getSpec().getNodeName()))
                .map(pod -> pod.getMetadata().getName())
                .findFirst();
        assumeTrue(other.isPresent(), "skipped: every machine that has a node has the cluster's DNS");
        CLIENT.raw(
                "/api/v1/namespaces/" + cluster.namespace() + "/pods/" + leader + ":8081/proxy/v1/leader",
                "POST",
                Map.of("target", other.get()));
        return other.get();
    }
}
