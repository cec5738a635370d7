package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.Kubectl;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people may write into a spec becomes objects that a real API server accepts. */
class AcceptedSpecsIT {

    private static final String DIGEST = "@sha256:" + "a".repeat(64);

    private static KubernetesClient client;
    private static String namespace;
    private static WiredOperator operator;

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
        namespace = ApiServer.namespace(client, "op-accepted-");
        operator = new WiredOperator(client, namespace);
    }

    @AfterAll
    static void clean() {
        if (client != null) {
            client.namespaces().withName(namespace).delete();
            client.close();
        }
    }

    /** The dry run of a RaftCluster does not check its containers, volumes and Services in detail. */
    @Test
    void eachExampleBecomesObjects() throws Exception {
        try (Stream<Path> examples = Files.list(Path.of("..", "k8s", "examples"))) {
            for (Path example : examples.toList()) {
                GenericKubernetesResource cluster =
                        Serialization.unmarshal(Files.readString(example), GenericKubernetesResource.class);
                cluster.getMetadata().setNamespace(namespace);
                client.resource(cluster).create();
                String name = cluster.getMetadata().getName();
                RaftCluster seen = operator.await(
                        name,
                        it -> operator.set(name) != null
                                && !WiredOperator.reconciled(it).getStatus().equals("Unknown"));
                String message = WiredOperator.reconciled(seen).getMessage();
                // Kubernetes itself does not know PodMonitors.
                assertTrue(
                        WiredOperator.reconciled(seen).getStatus().equals("True")
                                || message.contains("does not know PodMonitors"),
                        name + ": " + message);
            }
        }
        Service clients =
                client.services().inNamespace(namespace).withName("services").get();
        assertEquals("LoadBalancer", clients.getSpec().getType());
        assertEquals("Local", clients.getSpec().getExternalTrafficPolicy());
        assertEquals(List.of("10.0.0.0/8"), clients.getSpec().getLoadBalancerSourceRanges());
        assertEquals(
                "db.example.com",
                clients.getMetadata().getAnnotations().get("external-dns.alpha.kubernetes.io/hostname"));
    }

    @Test
    void aServiceWithNodePortsAndAClass() throws Exception {
        operator.create(
                "ports",
                "{replicas: 1, services: {client: {type: LoadBalancer, loadBalancerClass: example.com/lb,"
                        + " labels: {team: a}, nodePorts: {http: 31881, etcd: 31882}}}}");
        operator.await("ports", it -> operator.set("ports") != null);
        Service clients =
                client.services().inNamespace(namespace).withName("ports").get();
        assertEquals("example.com/lb", clients.getSpec().getLoadBalancerClass());
        assertEquals("a", clients.getMetadata().getLabels().get("team"));
        assertEquals(
                List.of(31881, 31882),
                clients.getSpec().getPorts().stream()
                        .map(port -> port.getNodePort())
                        .sorted()
                        .toList());
    }

    @Test
    void aPodWithoutResourcesIsNotBestEffort() throws Exception {
        operator.create("burst", "{replicas: 1}");
        operator.await(
                "burst",
                it -> client.pods().inNamespace(namespace).withName("burst-0").get() != null);
        assertEquals(
                "Burstable",
                client.pods()
                        .inNamespace(namespace)
                        .withName("burst-0")
                        .get()
                        .getStatus()
                        .getQosClass());
    }

    /** No pod has run: there is no machine. */
    @Test
    void beforePostgresHasRunItsImageMayBeCorrected_AndPinned() throws Exception {
        operator.create("major", "{replicas: 1, postgres: {image: 'postgres:17.2'}}");
        operator.await(
                "major",
                it -> operator.set("major") != null && postgres("major").equals("postgres:17.2"));
        String pinned = "postgres:18.6" + DIGEST;
        operator.change("major", "{postgres: {image: '" + pinned + "'}, image: 'node" + DIGEST + "'}");
        operator.await("major", it -> postgres("major").equals(pinned));
        assertEquals(
                "node" + DIGEST,
                operator.set("major")
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getImage());
    }

    private static String postgres(String name) {
        return operator.set(name)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getInitContainers()
                .getLast()
                .getImage();
    }

    /** A group of its name stands for OpenShift, which gives each namespace a user. */
    @Test
    void onOpenShiftNewPodsHaveTheNamespacesUser_AndOldOnesKeepTheirs() throws Exception {
        operator.create("fixed", "{replicas: 1}");
        operator.await("fixed", it -> operator.set("fixed") != null);
        assertEquals(10001L, user("fixed"));
        var group =
                client.load(new java.io.ByteArrayInputStream("""
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: standins.security.openshift.io}
                spec:
                  group: security.openshift.io
                  scope: Cluster
                  names: {kind: StandIn, plural: standins, singular: standin}
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      schema: {openAPIV3Schema: {type: object}}
                """.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        group.create();
        try {
            for (int i = 0; i < 100 && !client.hasApiGroup("security.openshift.io", true); i++) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
            WiredOperator onOpenShift = new WiredOperator(client, namespace);
            onOpenShift.create("assigned", "{replicas: 1}");
            onOpenShift.await("assigned", it -> onOpenShift.set("assigned") != null);
            assertNull(user("assigned"));
            onOpenShift.change("fixed", "{podLabels: {team: a}}");
            onOpenShift.await(
                    "fixed",
                    it -> operator.set("fixed")
                            .getSpec()
                            .getTemplate()
                            .getMetadata()
                            .getLabels()
                            .containsKey("team"));
            assertEquals(10001L, user("fixed"));
        } finally {
            group.delete();
        }
    }

    private static Long user(String name) {
        return operator.set(name)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getSecurityContext()
                .getRunAsUser();
    }

    /** {@code kubectl get} shows one word of state, and {@code kubectl wait} does not take an old condition for new. */
    @Test
    void kubectlShowsOneWordOfState() throws Exception {
        operator.create("paused", "{replicas: 1, paused: true}");
        operator.create("asleep", "{replicas: 1, hibernated: true}");
        operator.create("begins", "{replicas: 1}");
        operator.create("stuck", "{replicas: 1, podLabels: {team: a b}}");
        for (String name : List.of("paused", "asleep", "begins", "stuck")) {
            operator.await(name, it -> it.getStatus() != null && it.getStatus().state() != null);
        }
        assertState("paused", "Paused");
        assertState("begins", "Progressing");
        operator.await("stuck", it -> it.getStatus().state().equals("Stuck"));
        assertState("stuck", "Stuck");
        operator.await("asleep", it -> it.getStatus().state().equals("Hibernated"));
        assertState("asleep", "Hibernated");
    }

    private static void assertState(String name, String word) throws Exception {
        String table = Kubectl.run("get", "raftcluster", name, "--namespace", namespace);
        List<String> lines = table.lines().toList();
        int column = lines.getFirst().indexOf("STATE");
        assertTrue(column > 0, table);
        assertTrue(lines.get(1).substring(column).startsWith(word + " "), table);
        assertEquals(2, lines.size(), table);
    }
}
