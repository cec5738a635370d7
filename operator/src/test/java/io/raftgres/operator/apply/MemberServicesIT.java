package io.raftgres.operator.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.LoadBalancerIngressBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.raftgres.operator.api.ApiServer;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.raft.NodeResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The members' Services on a real API server, with a cluster of nodes that are played. */
class MemberServicesIT {

    private static final String DEFAULT = "http://%s.c-peers.%s.svc:8081";

    private static KubernetesClient client;
    private String namespace;
    private final MemberServices services = new MemberServices();
    private final Map<String, String> advertised = new TreeMap<>();
    private boolean unreachable;
    private Instant now = Instant.now();
    private RaftCluster cluster;

    @BeforeAll
    static void connect() throws Exception {
        client = ApiServer.connect();
    }

    @AfterAll
    static void close() {
        if (client != null) {
            client.close();
        }
    }

    @BeforeEach
    void make() {
        namespace = ApiServer.namespace(client, "op-services-");
        services.client = client;
        services.apply = new ServerSideApply();
        services.apply.client = client;
        services.events = new Events();
        services.events.client = client;
        services.attempts = new WriteAttempts();
        services.attempts.events = services.events;
        services.attempts.refused = new RefusedWrites(new SimpleMeterRegistry(), () -> now);
        services.nodes = new NodeClient() {
            @Override
            public void advertise(String ip, String memberId, String clientAddress) throws IOException {
                if (unreachable) {
                    throw new IOException("no connection");
                }
                advertised.put(memberId, clientAddress);
            }
        };
        IntStream.range(0, 3).forEach(each -> advertised.put("c-" + each, DEFAULT.formatted("c-" + each, namespace)));
    }

    @AfterEach
    void clean() {
        client.namespaces().withName(namespace).delete();
    }

    private void spec(String spec) {
        RaftCluster wanted = new RaftCluster();
        wanted.setMetadata(
                new ObjectMetaBuilder().withNamespace(namespace).withName("c").build());
        wanted.setSpec(Serialization.unmarshal(spec, RaftClusterSpec.class));
        cluster = client.resource(wanted).forceConflicts().serverSideApply();
    }

    private void round(int pods) throws InterruptedException {
        services.apply(cluster, live(pods));
    }

    /** All members answer, and c-0 leads. */
    private Live live(int count) {
        List<String> names =
                IntStream.range(0, count).mapToObj(each -> "c-" + each).toList();
        List<NodeResponse.Member> members = names.stream()
                .map(name -> new NodeResponse.Member(
                        name, name, "follower", true, 1, 1L, 1L, 1, 0, "serving", List.of(), "1", advertised.get(name)))
                .toList();
        List<Pod> pods = names.stream()
                .map(name -> new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .withPodIP("10.0.0.1")
                        .endStatus()
                        .build())
                .toList();
        Map<String, NodeResponse> responses = names.stream()
                .collect(Collectors.toMap(
                        name -> name,
                        name -> new NodeResponse.View(new NodeResponse.ClusterView(
                                "k1", name, 2, new NodeResponse.Leader("c-0", "c-0"), members))));
        return new Live(Optional.empty(), Optional.empty(), pods, List.of(), Optional.empty(), Set.of(), responses);
    }

    private Set<String> names() {
        return client.services().inNamespace(namespace).list().getItems().stream()
                .map(service -> service.getMetadata().getName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void eachMemberAdvertisesItsService_UntilTheyAreSwitchedOff() throws Exception {
        spec("replicas: 3");
        round(3);
        assertEquals(Set.of(), names());
        spec("replicas: 3\nservices: {members: {}}");
        round(3);
        assertEquals(Set.of("c-0", "c-1", "c-2"), names());
        assertEquals(DEFAULT.formatted("c-1", namespace), advertised.get("c-1"), "the Service was not seen yet");
        round(3);
        assertEquals("http://c-1." + namespace + ".svc:8081", advertised.get("c-1"));
        spec("replicas: 3");
        // The Service goes only when nobody is led to it any more.
        unreachable = true;
        round(3);
        assertEquals(Set.of("c-0", "c-1", "c-2"), names());
        unreachable = false;
        now = now.plus(RefusedWrites.FIRST_PAUSE);
        round(3);
        round(3);
        assertEquals(Set.of(), names());
        assertEquals(DEFAULT.formatted("c-1", namespace), advertised.get("c-1"));
    }

    @Test
    void theServiceOfAMemberThatLeavesGoesWithItsPod() throws Exception {
        spec("replicas: 3\nservices: {members: {}}");
        round(3);
        spec("replicas: 1\nservices: {members: {}}");
        round(3);
        assertEquals(Set.of("c-0", "c-1", "c-2"), names());
        round(1);
        assertEquals(Set.of("c-0"), names());
    }

    @Test
    void aLoadBalancerIsAdvertisedWhenItHasAnAddress() throws Exception {
        spec("replicas: 1\nservices: {members: {type: LoadBalancer}}");
        round(1);
        assertEquals(DEFAULT.formatted("c-0", namespace), advertised.get("c-0"));
        Service service =
                client.services().inNamespace(namespace).withName("c-0").get();
        client.resource(new ServiceBuilder(service)
                        .editStatus()
                        .withNewLoadBalancer()
                        .withIngress(new LoadBalancerIngressBuilder()
                                .withIp("192.0.2.7")
                                .build())
                        .endLoadBalancer()
                        .endStatus()
                        .build())
                .updateStatus();
        round(1);
        assertEquals("http://192.0.2.7:8081", advertised.get("c-0"));
    }

    /** What an administrator has set stays, as long as the spec does not want these Services. */
    @Test
    void anAddressThatSomebodySetStaysWithoutTheseServices() throws Exception {
        spec("replicas: 3");
        advertised.put("c-0", "http://db.example.com:8081");
        round(3);
        assertEquals("http://db.example.com:8081", advertised.get("c-0"));
    }

    @Test
    void aServiceOfAnotherOwnerIsLeftAlone_AndReported() throws Exception {
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName("c-0")
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withPort(80)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        spec("replicas: 3\nservices: {members: {}}");
        round(3);
        assertTrue(services.attempts
                .refused
                .of(cluster)
                .getFirst()
                .sentence()
                .contains("Service c-0 exists already and does not belong to RaftCluster c"));
        assertEquals(Set.of("c-0", "c-1", "c-2"), names());
        round(3);
        assertEquals(DEFAULT.formatted("c-0", namespace), advertised.get("c-0"));
        assertEquals("http://c-1." + namespace + ".svc:8081", advertised.get("c-1"));
    }
}
