package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster is paused, hibernates, runs again, is deleted with and without its data, and is applied again. */
@Tag("long")
@OnKubernetes
class HibernateIT {

    private static final Duration WITHIN = Duration.ofSeconds(120);

    @Test
    void hibernatesWakesAndIsDeletedWithAndWithoutItsData(Namespace namespace) throws Exception {
        RaftCluster cluster = namespace.apply("replicas: 3");
        cluster.awaitSettled(3);
        String clusterId = cluster.status().path("clusterId").asText();
        Keys.put(cluster, "kept", "yes");
        try (ClientPod client = ClientPod.start(namespace.name(), "c")) {
            paused(cluster, client);
            hibernated(cluster);
            client.gap("the first writes after waking", WITHIN, () -> {});
            deleted(cluster);
            cluster.apply("replicas: 3");
            cluster.awaitSettled(3);
            client.gap("the first writes after it was applied again", WITHIN, () -> {});
            assertEquals(clusterId, cluster.status().path("clusterId").asText(), "the cluster's id, on its old claims");
            assertEquals("yes", Keys.get(cluster, cluster.leader(), "kept"));
        }
        cluster.patch("spec: {storage: {onDelete: Delete}}");
        cluster.awaitSettled(3);
        retainSaidWhilePaused(cluster);
        cluster.delete();
        cluster.await(
                "the claims to be gone",
                WITHIN,
                () -> cluster.claims().isEmpty() && cluster.pods().isEmpty());
        cluster.apply("replicas: 1");
        cluster.awaitSettled(1);
        assertNull(Keys.get(cluster, "c-0", "kept"), "a key of the cluster whose data was deleted");
    }

    private static void paused(RaftCluster cluster, ClientPod client) throws Exception {
        var before = cluster.uids();
        cluster.patch("spec: {paused: true}");
        cluster.await("Paused", WITHIN, () -> cluster.is("Paused", true));
        cluster.patch("spec: {replicas: 5}");
        cluster.await("the operator to have seen the change", WITHIN, () -> cluster.is("Paused", true));
        client.awaitWrites(200);
        assertEquals(before, cluster.uids(), "the pods while paused");
        cluster.patch("spec: {replicas: 3, paused: false}");
        cluster.awaitSettled(3);
    }

    private static void hibernated(RaftCluster cluster) throws Exception {
        cluster.patch("spec: {hibernated: true}");
        cluster.await("no pods", WITHIN, () -> cluster.pods().isEmpty() && cluster.is("Ready", false));
        assertEquals(3, cluster.claims().size(), "claims of a cluster that hibernates");
        // As claims are that were restored from snapshots: the names are right, and nothing else is.
        Shell.run("kubectl", "-n", cluster.namespace(), "label", "pvc", "--all", "raftgres.io/cluster-");
        cluster.patch("spec: {hibernated: false}");
        long begun = System.nanoTime();
        cluster.awaitSettled(3);
        System.out.printf("--> from waking to three ready nodes: %.1f s%n", (System.nanoTime() - begun) / 1e9);
    }

    /** The garbage collector took the data, because of what was written before the pause. */
    private static void retainSaidWhilePaused(RaftCluster cluster) throws Exception {
        cluster.patch("spec: {paused: true}");
        cluster.await("Paused", WITHIN, () -> cluster.is("Paused", true));
        cluster.patch("spec: {storage: {onDelete: Retain}}");
        deleted(cluster);
        cluster.apply("replicas: 3\nstorage: {onDelete: Delete}");
        cluster.awaitSettled(3);
        assertEquals("yes", Keys.get(cluster, cluster.leader(), "kept"));
    }

    private static void deleted(RaftCluster cluster) throws Exception {
        cluster.delete();
        cluster.await("the pods to be gone", WITHIN, () -> cluster.pods().isEmpty());
        assertEquals(3, cluster.claims().size(), "claims of a cluster that was deleted without its data");
    }
}
