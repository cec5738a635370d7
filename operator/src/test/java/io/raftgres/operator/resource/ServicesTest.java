package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.environment;
import static io.raftgres.operator.resource.Clusters.node;
import static io.raftgres.operator.resource.Clusters.plain;
import static io.raftgres.operator.resource.Clusters.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Services of a cluster. */
class ServicesTest {

    /** Services name the ports of the container, not their numbers. */
    @Test
    void everyServiceHasRestAndEtcdsApi_AndTheMembersOwnAlsoThePeers() {
        Container node = node(plain());
        assertEquals(
                List.of("http 8081", "etcd 2379", "peer 9081"),
                node.getPorts().stream()
                        .map(port -> port.getName() + " " + port.getContainerPort())
                        .toList());
        assertEquals("2379", environment(node).get("RAFTGRES_ETCD_PORT"));
        List<String> clients = List.of("http 8081 http", "etcd 2379 etcd");
        assertEquals(clients, ports(Services.clients(plain())));
        assertEquals(clients, ports(Services.leader(plain())));
        assertEquals(List.of("http 8081 http", "etcd 2379 etcd", "peer 9081 peer"), ports(Services.peers(plain())));
    }

    private static List<String> ports(Service service) {
        return service.getSpec().getPorts().stream()
                .map(port -> port.getName() + " " + port.getPort() + " "
                        + port.getTargetPort().getStrVal())
                .toList();
    }

    @Test
    void theClientsServiceIsAsTheSpecSays() {
        Service service = Services.clients(with("""
                services:
                  client:
                    type: LoadBalancer
                    labels: {team: a, raftgres.io/cluster: b}
                    annotations: {external-dns.alpha.kubernetes.io/hostname: db.example.com}
                    loadBalancerClass: service.k8s.aws/nlb
                    loadBalancerSourceRanges: [10.0.0.0/8]
                    externalTrafficPolicy: Local
                    nodePorts: {http: 30081}
                """));
        assertEquals("LoadBalancer", service.getSpec().getType());
        assertEquals("service.k8s.aws/nlb", service.getSpec().getLoadBalancerClass());
        assertEquals(List.of("10.0.0.0/8"), service.getSpec().getLoadBalancerSourceRanges());
        assertEquals("Local", service.getSpec().getExternalTrafficPolicy());
        assertEquals(
                "db.example.com",
                service.getMetadata().getAnnotations().get("external-dns.alpha.kubernetes.io/hostname"));
        assertEquals("a", service.getMetadata().getLabels().get("team"));
        assertEquals(
                "c", service.getMetadata().getLabels().get("raftgres.io/cluster"), "the operator's own labels stay");
        assertEquals(30081, service.getSpec().getPorts().getFirst().getNodePort());
        assertNull(service.getSpec().getPorts().getLast().getNodePort());
        assertEquals(
                Services.clients(plain()).getSpec().getSelector(),
                service.getSpec().getSelector());
    }

    @Test
    void aMembersServiceSelectsItsPodAlone_AndHasItsOwnPortsAndAnnotations() {
        Service service = Services.member(with("""
                services:
                  members:
                    type: NodePort
                    annotations: {external-dns.alpha.kubernetes.io/hostname: '{member}.db.example.com'}
                    nodePorts: {http: 30100, etcd: 30200}
                """), 2);
        assertEquals("c-2", service.getMetadata().getName());
        assertEquals("c-2", service.getMetadata().getLabels().get("raftgres.io/member"));
        assertEquals("c-2", service.getSpec().getSelector().get("statefulset.kubernetes.io/pod-name"));
        assertTrue(service.getSpec()
                .getSelector()
                .entrySet()
                .containsAll(Names.of(plain()).selector().entrySet()));
        assertEquals(
                "c-2.db.example.com",
                service.getMetadata().getAnnotations().get("external-dns.alpha.kubernetes.io/hostname"));
        assertEquals(
                List.of(30102, 30202),
                service.getSpec().getPorts().stream()
                        .map(ServicePort::getNodePort)
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            paused: false | none | http://c-1.c-peers.ns.svc:8081
            services: {members: {type: ClusterIP}} | none | none
            services: {members: {type: ClusterIP}} | {} | http://c-1.ns.svc:8081
            services: {members: {type: LoadBalancer}} | {} | none
            services: {members: {type: LoadBalancer}} | {ip: 10.1.2.3} | http://10.1.2.3:8081
            services: {members: {type: LoadBalancer}} | {ip: 'fd00::1'} | http://[fd00::1]:8081
            services: {members: {type: LoadBalancer}} | {ip: 10.1.2.3, hostname: x.aws} | http://x.aws:8081
            services: {members: {type: LoadBalancer, host: '{member}.example.com'}} | {ip: 10.1.2.3} \
            | http://c-1.example.com:8081
            """)
    void aMemberAdvertisesItsHost_ElseItsLoadBalancer_ElseItsService(String spec, String ingress, String address) {
        Optional<Service> live = Optional.ofNullable(ingress)
                .map(it -> new ServiceBuilder(Services.member(with(spec), 1))
                        .withStatus(
                                Serialization.unmarshal("loadBalancer: {ingress: [" + it + "]}", ServiceStatus.class))
                        .build());
        assertEquals(Optional.ofNullable(address), Services.address(with(spec), "c-1", live));
    }

    /** A member advertised the name of another program's Service. */
    @Test
    void aMemberAdvertisesOnlyAServiceThatLeadsToIt() {
        RaftCluster cluster = with("services: {members: {}}");
        Service live = Services.member(cluster, 1);
        assertEquals(Optional.of("http://c-1.ns.svc:8081"), Services.address(cluster, "c-1", Optional.of(live)));
        for (Service other : List.of(
                new ServiceBuilder(live)
                        .editMetadata()
                        .withOwnerReferences()
                        .endMetadata()
                        .build(),
                new ServiceBuilder(live)
                        .editMetadata()
                        .withDeletionTimestamp("2026-01-01T00:00:00Z")
                        .endMetadata()
                        .build(),
                new ServiceBuilder(live)
                        .editSpec()
                        .withSelector(Map.of("app", "other"))
                        .endSpec()
                        .build(),
                new ServiceBuilder(live).editSpec().withPorts().endSpec().build())) {
            assertEquals(Optional.empty(), Services.address(cluster, "c-1", Optional.of(other)));
        }
        // A change of the port was refused.
        Service elsewhere = new ServiceBuilder(live)
                .editSpec()
                .editFirstPort()
                .withPort(80)
                .endPort()
                .endSpec()
                .build();
        assertEquals(Optional.of("http://c-1.ns.svc:80"), Services.address(cluster, "c-1", Optional.of(elsewhere)));
    }

    /** Only a change of the name that the nodes have to accept replaces the pods. */
    @Test
    void aChangeOfServicesRestartsNoPod_ButANewHostDoes() {
        String before = StatefulSets.templateOf(plain(), "node:1");
        assertEquals(
                before,
                StatefulSets.templateOf(
                        with("services: {client: {type: NodePort}, members: {host: '{member}.x'}}"), "node:1"));
        assertNotEquals(before, StatefulSets.templateOf(with("services: {client: {host: db.example.com}}"), "node:1"));
        assertTrue(environment(node(with("services: {client: {host: db.example.com}}")))
                .get("RAFTGRES_ALLOWED_HOSTS")
                .endsWith(",db.example.com"));
    }
}
