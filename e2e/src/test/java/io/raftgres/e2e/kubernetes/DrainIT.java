package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Machines are drained: only one pod of a cluster leaves at a time, and a leader first transfers its leadership. */
@Tag("long")
@OnKubernetes
class DrainIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(2);

    @Test
    void theLeadersMachineIsDrained(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            String machine = cluster.pod(leader).getSpec().getNodeName();
            try {
                client.gap("the leader's machine drained", GAP_MOST, () -> {
                    // Only this cluster's pods, not those of other tests and of the client.
                    Shell.run(
                            "kubectl",
                            "drain",
                            machine,
                            "--pod-selector",
                            "raftgres.io/cluster=" + cluster.name(),
                            "--delete-emptydir-data",
                            "--timeout=120s");
                    client.awaitWrites(100);
                });
                assertNotEquals(leader, cluster.leader(), "the leader");
            } finally {
                Shell.run("kubectl", "uncordon", machine);
            }
            client.gap("the machine back", GAP_MOST, () -> cluster.awaitSettled(3));
        }
    }

    @Test
    void secondPodIsNotEvictedWhileOneIsUnavailable(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            List<Pod> followers = cluster.pods().stream()
                    .filter(pod -> !pod.getMetadata().getName().equals(leader))
                    .toList();
            client.gap("two evictions at once", GAP_MOST, () -> {
                assertTrue(evict(followers.get(0)), "the first eviction");
                assertFalse(evict(followers.get(1)), "the second eviction, while the first pod is unavailable");
                cluster.await("the evicted pod to be another", Duration.ofSeconds(60), () -> {
                    Pod now = cluster.pod(followers.get(0).getMetadata().getName());
                    return now != null
                            && !now.getMetadata()
                                    .getUid()
                                    .equals(followers.get(0).getMetadata().getUid());
                });
                cluster.awaitSettled(3);
            });
        }
    }

    private static boolean evict(Pod pod) {
        return Kubernetes.CLIENT
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .evict();
    }
}
