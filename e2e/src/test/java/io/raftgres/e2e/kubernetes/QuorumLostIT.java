package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two of three members are lost permanently. The operator reports it and waits for an administrator, whose request
 * recovers the cluster.
 */
@Tag("long")
@OnKubernetes
class QuorumLostIT {

    private static final Duration NOTICED_WITHIN = Duration.ofSeconds(90);
    private static final Duration RECOVERED_WITHIN = Duration.ofSeconds(180);

    @Test
    void administratorForcesANewClusterFromTheSurvivor(Namespace namespace, Operator operator) throws Exception {
        RaftCluster cluster = namespace.apply("replicas: 3");
        cluster.awaitSettled(3);
        String survivor = "c-0";
        Keys.put(cluster, "kept", "yes");
        assertEquals("yes", Keys.get(cluster, survivor, "kept"), "the survivor has it, as a linearizable read shows");
        String lost = cluster.status().path("clusterId").asText();
        loseTwo(cluster, operator);
        cluster.await("QuorumAvailable to be False", NOTICED_WITHIN, () -> cluster.is("QuorumAvailable", false));
        String waitingFor = cluster.status().path("waitingFor").asText();
        System.out.println("--> it waits for: " + waitingFor);
        String status = cluster.status().toString();
        assertTrue(status.contains("forceNewCluster"), "the status names the way out");
        assertTrue(status.contains(survivor + " (last term "), "and the end of the survivor's log: " + status);

        long begun = System.nanoTime();
        cluster.patch("spec: {recovery: {forceNewCluster: {member: %s, clusterId: '%s'}}}".formatted(survivor, lost));
        cluster.await(
                "the recovery to be done",
                RECOVERED_WITHIN,
                () -> lost.equals(cluster.status().path("recoveredFrom").asText()));
        cluster.awaitSettled(3, RECOVERED_WITHIN);
        System.out.printf(
                "--> from the person's word to three ready nodes: %.1f s%n", (System.nanoTime() - begun) / 1e9);
        assertNotEquals(lost, cluster.status().path("clusterId").asText(), "the cluster's id");
        assertEquals("yes", Keys.get(cluster, cluster.leader(), "kept"));
        try (ClientPod client = ClientPod.start(namespace.name(), "c")) {
            client.awaitWrites(100);
        }
    }

    /**
     * Deletes both claims at once, while the operator is stopped: with two of three members left, it would replace the
     * first one.
     */
    private static void loseTwo(RaftCluster cluster, Operator operator) throws Exception {
        operator.scale(0);
        try {
            Shell.run("kubectl", "-n", cluster.namespace(), "delete", "pvc", "data-c-1", "data-c-2", "--wait=false");
            cluster.kill("c-1");
            cluster.kill("c-2");
            cluster.await(
                    "both claims to be gone or others",
                    Duration.ofSeconds(60),
                    () -> cluster.claims().values().stream()
                            .noneMatch(claim -> claim.getMetadata().getDeletionTimestamp() != null));
        } finally {
            operator.scale(1);
        }
    }
}
