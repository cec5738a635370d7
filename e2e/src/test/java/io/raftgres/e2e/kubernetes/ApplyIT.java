package io.raftgres.e2e.kubernetes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@code kubectl apply} of a RaftCluster creates a cluster that clients reach by its service's name. */
@OnKubernetes
class ApplyIT {

    private static final Duration READY_WITHIN = Duration.ofSeconds(60);

    @Test
    void threeNodesAreReadyWithinAMinuteAndServeByName(Namespace namespace) throws Exception {
        long begun = System.nanoTime();
        RaftCluster cluster = namespace.apply("""
                replicas: 3
                config: {maxValueBytes: 2000, logFormat: Json, jvmOptions: [-Xss2m]}
                env: [{name: GREETING, value: hello}]
                podTemplate:
                  spec:
                    containers:
                    - name: further
                      image: %s
                      command: [sh, -c, 'trap exit TERM; while :; do sleep 1 & wait; done']
                      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                services: {members: {}}
                """.formatted(Images.NODE));
        cluster.awaitSettled(3, READY_WITHIN);
        System.out.printf("--> from apply to three ready nodes: %.1f s%n", (System.nanoTime() - begun) / 1e9);
        for (Pod pod : cluster.pods()) {
            // Ready also means that the cluster accepts writes: the nodes already resolve the names of pods that were
            // unknown a moment ago.
            cluster.exec(
                    pod.getMetadata().getName(),
                    "node",
                    "raftgres put first value --timeout 5s --endpoint http://localhost:8081");
        }
        requireAsTheSpecSays(cluster);
        try (ClientPod client = ClientPod.start(namespace.name(), "c")) {
            client.awaitWrites(100);
        }
        JsonNode status = cluster.status();
        cluster.await("the leader to be the same by status, by label and by a node", Duration.ofSeconds(20), () -> {
            String leader = cluster.leader();
            return leader.equals(cluster.status().path("leader").asText()) && leader.equals(leaderByLabel(cluster));
        });
        assertEquals("3/3", status.path("quorum").asText(), "quorum in the status");
        assertTrue(status.path("clusterId").asText().matches("[0-9a-f]{16}"), status::toPrettyString);
        assertEquals(
                Math.min(3, machines()),
                cluster.pods().stream()
                        .map(pod -> pod.getSpec().getNodeName())
                        .distinct()
                        .count(),
                "machines that the nodes are spread over");
    }

    /** An option reaches the node, a further container runs, and a member advertises its Service, which leads to it. */
    private static void requireAsTheSpecSays(RaftCluster cluster) throws Exception {
        String refusal = "raftgres put large $(head -c 3000 /dev/zero | tr '\\0' x) --endpoint http://localhost:8081"
                + " 2>&1 && echo accepted || true";
        String said = cluster.exec("c-0", "node", refusal);
        assertTrue(said.contains("2000") && !said.contains("accepted"), said);
        String environment = cluster.exec("c-0", "node", "env");
        assertTrue(environment.contains("GREETING=hello") && environment.contains("-Xss2m"), environment);
        String log = Shell.run("kubectl", "-n", cluster.namespace(), "logs", "c-0", "-c", "node", "--tail=1");
        assertTrue(Kubernetes.JSON.readTree(log).has("level"), log);
        assertTrue(
                cluster.pods().stream()
                        .allMatch(pod -> pod.getStatus().getContainerStatuses().stream()
                                .anyMatch(it -> it.getName().equals("further") && Boolean.TRUE.equals(it.getReady()))),
                "the further container runs");
        String address = "http://c-2." + cluster.namespace() + ".svc:8081";
        cluster.await(
                "c-2 to advertise its Service",
                Duration.ofSeconds(60),
                () -> cluster.exec("c-0", "node", "raftgres status --endpoint http://localhost:8081")
                        .contains(address));
        cluster.exec("c-0", "node", "raftgres put member value --timeout 5s --endpoint " + address);
    }

    /** @return number of machines that accept pods */
    private static long machines() {
        return Kubernetes.CLIENT.nodes().list().getItems().stream()
                .filter(node -> node.getSpec().getTaints().isEmpty()
                        && !Boolean.TRUE.equals(node.getSpec().getUnschedulable()))
                .count();
    }

    private static String leaderByLabel(RaftCluster cluster) throws Exception {
        return Shell.run(
                "kubectl",
                "-n",
                cluster.namespace(),
                "get",
                "pods",
                "-l",
                "raftgres.io/leader=true",
                "-o",
                "jsonpath={.items[*].metadata.name}");
    }

    /**
     * The example file, except for images, and for resources that fit small machines. First with an image that does not
     * exist: the corrected spec replaces the pod, though there is no leader yet.
     */
    @Test
    void theExampleOfOneNodeWorks(Namespace namespace) throws Exception {
        Path example = Operator.root().resolve("k8s/examples/single.yaml");
        Object spec = Serialization.unmarshal(Files.readString(example), GenericKubernetesResource.class)
                .getAdditionalProperties()
                .get("spec");
        RaftCluster cluster =
                RaftCluster.apply(namespace.name(), "single", "image: 'raftgres/node:does-not-exist'\nreplicas: 1");
        cluster.await(
                "the operator to name the image",
                READY_WITHIN,
                () -> cluster.status().path("waitingFor").asText().contains("cannot be pulled"));
        cluster.apply(Serialization.asYaml(spec));
        cluster.awaitSettled(1, READY_WITHIN);
        try (ClientPod client = ClientPod.start(namespace.name(), cluster.name())) {
            client.awaitWrites(100);
        }
    }
}
