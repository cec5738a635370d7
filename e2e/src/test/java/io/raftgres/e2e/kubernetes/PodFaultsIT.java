package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The leader's pod, its node's container and its PostgreSQL are killed. Each time, writes continue within three
 * seconds.
 */
@OnKubernetes
class PodFaultsIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(3);
    private static final Duration BACK_WITHIN = Duration.ofSeconds(90);

    @Test
    void theLeadersPodIsKilled(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            String id = cluster.memberId(leader);
            String uid = cluster.uids().get(leader);
            client.gap("the leader's pod killed", GAP_MOST, () -> {
                cluster.kill(leader);
                cluster.await("another pod " + leader, BACK_WITHIN, () -> {
                    String now = cluster.uids().get(leader);
                    return now != null && !now.equals(uid);
                });
                cluster.awaitSettled(3);
            });
            assertEquals(id, cluster.memberId(leader), "the same member, on its old claim");
        }
    }

    /**
     * From inside the container, its first process receives only signals that it handles. Java treats this one as a
     * crash.
     */
    @Test
    void theLeadersContainerIsKilled(RaftCluster cluster) throws Exception {
        crash(cluster, "node", "kill -SEGV 1");
    }

    /** Without a checkpoint, so the next start recovers from the write-ahead log. */
    @Test
    void theLeadersPostgresIsKilled(RaftCluster cluster) throws Exception {
        crash(cluster, "postgres", "kill -KILL $(head -n 1 /var/lib/raftgres/postgres/data/postmaster.pid)");
    }

    private static void crash(RaftCluster cluster, String container, String line) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            String uid = cluster.uids().get(leader);
            int restarts = restarts(cluster, leader, container);
            client.gap("the leader's container '" + container + "' killed", GAP_MOST, () -> {
                Shell.tryRun(
                        Map.of(),
                        List.of(
                                "kubectl",
                                "-n",
                                cluster.namespace(),
                                "exec",
                                leader,
                                "-c",
                                container,
                                "--",
                                "sh",
                                "-c",
                                line));
                cluster.await(
                        container + " to be started again",
                        BACK_WITHIN,
                        () -> restarts(cluster, leader, container) > restarts);
                cluster.awaitSettled(3);
            });
            assertEquals(uid, cluster.uids().get(leader), "the pod stays");
        }
    }

    private static int restarts(RaftCluster cluster, String pod, String container) {
        var status = cluster.pod(pod).getStatus();
        return Stream.concat(status.getContainerStatuses().stream(), status.getInitContainerStatuses().stream())
                .filter(each -> each.getName().equals(container))
                .mapToInt(ContainerStatus::getRestartCount)
                .sum();
    }
}
