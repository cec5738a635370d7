package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A changed spec restarts one node after the other, the leader last, and no write waits for two seconds. */
@OnKubernetes
class RollingUpdateIT {

    private static final Duration GAP_MOST = Duration.ofSeconds(2);
    private static final Duration NOTICED_WITHIN = Duration.ofSeconds(60);

    @Test
    void changedResourcesRestartTheLeaderLast(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            client.gap("rolling update of the resources", GAP_MOST, () -> {
                Map<String, String> before = cluster.uids();
                cluster.patch("spec: {resources: {requests: {memory: 260Mi}}}");
                // It used to return at once: the former generation was ready, and the rollout did not count.
                Shell.run(
                        "kubectl",
                        "-n",
                        cluster.namespace(),
                        "wait",
                        "--for=condition=Ready",
                        "raftcluster/" + cluster.name(),
                        "--timeout=180s");
                Map<String, String> ready = cluster.uids();
                ready.forEach((pod, uid) -> assertNotEquals(before.get(pod), uid, pod + " when the cluster is ready"));
                assertEquals("Ready", cluster.status().path("state").asText());
                assertEquals(3, cluster.status().path("updatedReplicas").asInt());
                awaitAllNew(cluster, before);
            });
            Pod last = cluster.pods().stream()
                    .max(Comparator.comparing((Pod pod) -> pod.getMetadata().getCreationTimestamp()))
                    .orElseThrow();
            assertEquals(leader, last.getMetadata().getName(), "the last one that was restarted");
        }
    }

    @Test
    void changedSettingsReachPostgres(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            client.gap("rolling update of PostgreSQL's settings", GAP_MOST, () -> {
                Map<String, String> before = cluster.uids();
                cluster.patch("spec: {postgres: {settings: {work_mem: 7MB}}}");
                awaitAllNew(cluster, before);
            });
        }
        for (Pod pod : cluster.pods()) {
            assertEquals(
                    "7MB",
                    cluster.exec(
                                    pod.getMetadata().getName(),
                                    "postgres",
                                    "psql -h 127.0.0.1 -U raftgres -d raftgres -Atc 'show work_mem'")
                            .strip());
        }
    }

    /**
     * With a bad image the update stops at the first pod. The right image repairs this pod before any other pod is
     * restarted.
     */
    @Test
    void anImageThatDoesNotExistStopsAtOnePodAndIsHealed(RaftCluster cluster) throws Exception {
        try (ClientPod client = ClientPod.start(cluster.namespace(), cluster.name())) {
            String leader = cluster.leader();
            Map<String, String> before = cluster.uids();
            client.gap("an image that does not exist", GAP_MOST, () -> {
                cluster.patch("spec: {image: 'raftgres/node:does-not-exist'}");
                cluster.await(
                        "one pod without its image",
                        NOTICED_WITHIN,
                        () -> cluster.pods().stream()
                                        .filter(RollingUpdateIT::withoutImage)
                                        .count()
                                == 1);
                cluster.await(
                        "a line about it in the status",
                        NOTICED_WITHIN,
                        () -> cluster.is("Ready", false)
                                && !cluster.status().path("waitingFor").asText().isBlank());
                System.out.println("--> it waits for: "
                        + cluster.status().path("waitingFor").asText());
                client.awaitWrites(200);
            });
            List<String> touched = before.keySet().stream()
                    .filter(pod -> !before.get(pod).equals(cluster.uids().get(pod)))
                    .toList();
            assertEquals(1, touched.size(), () -> "restarted: " + touched);
            assertTrue(!touched.contains(leader), "the leader is not the one");
            client.gap("the right image again", GAP_MOST, () -> {
                cluster.patch("spec: {image: '" + Images.NODE + "'}");
                cluster.awaitSettled(3);
            });
            before.keySet().stream()
                    .filter(pod -> !touched.contains(pod))
                    .forEach(pod -> assertEquals(before.get(pod), cluster.uids().get(pod), pod + " was never touched"));
        }
    }

    /** Not one pod is touched, and another change of the same spec would go its way. */
    @Test
    void anImageThatMayNotFollowReachesNoPod(RaftCluster cluster) throws Exception {
        Map<String, String> before = cluster.uids();
        cluster.patch("spec: {image: 'raftgres/node:99.0.0', postgres: {image: 'postgres:99'}}");
        cluster.await(
                "the state Stuck",
                NOTICED_WITHIN,
                () -> "Stuck".equals(cluster.status().path("state").asText()));
        String waitingFor = cluster.status().path("waitingFor").asText();
        System.out.println("--> it waits for: " + waitingFor);
        assertTrue(waitingFor.contains("spec.image is refused"), waitingFor);
        assertTrue(waitingFor.contains("spec.postgres.image is refused"), waitingFor);
        assertTrue(cluster.is("Ready", false), "the spec is not in force");
        cluster.patch("spec: {image: '" + Images.NODE + "', postgres: {image: '" + Images.POSTGRES + "'}}");
        cluster.awaitSettled(3);
        assertEquals(before, cluster.uids(), "no pod was replaced");
    }

    private static boolean withoutImage(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream()
                .map(status -> status.getState().getWaiting())
                .anyMatch(waiting -> waiting != null
                        && waiting.getReason() != null
                        && waiting.getReason().contains("Image"));
    }

    static void awaitAllNew(RaftCluster cluster, Map<String, String> before) throws Exception {
        cluster.await(
                "every pod to be another",
                Duration.ofSeconds(180),
                () -> cluster.uids().size() == before.size()
                        && cluster.uids().entrySet().stream()
                                .noneMatch(pod -> pod.getValue().equals(before.get(pod.getKey()))));
        cluster.awaitSettled(before.size());
    }
}
