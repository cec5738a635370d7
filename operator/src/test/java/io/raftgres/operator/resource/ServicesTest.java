package io.raftgres.operator.resource;

import static io.raftgres.operator.resource.Clusters.environment;
import static io.raftgres.operator.resource.Clusters.node;
import static io.raftgres.operator.resource.Clusters.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Service;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
