package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import java.util.Map;
import java.util.TreeMap;

/** Builds the three Services: for clients, for clients that need the leader, and for traffic between members. */
public final class Services {

    private Services() {}

    /** The Service of every ready member. */
    public static Service clients(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return service(cluster, names.cluster(), names.selector());
    }

    /** The Service of the leader: the operator moves the label that it selects. */
    public static Service leader(RaftCluster cluster) {
        Names names = Names.of(cluster);
        Map<String, String> selector = new TreeMap<>(names.selector());
        selector.put(Names.LEADER_LABEL, "true");
        return service(cluster, names.leaderService(), selector);
    }

    /**
     * The headless Service that gives each member a DNS name. It includes members that are not ready: a member becomes
     * ready only if it reaches the others.
     */
    public static Service peers(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return new ServiceBuilder(service(cluster, names.peersService(), names.selector()))
                .editSpec()
                .withClusterIP("None")
                .withPublishNotReadyAddresses(true)
                .addToPorts(port("peer", Names.PEER_PORT))
                .endSpec()
                .build();
    }

    private static Service service(RaftCluster cluster, String name, Map<String, String> selector) {
        return new ServiceBuilder()
                .withMetadata(Names.of(cluster).metadata(name, cluster))
                .withNewSpec()
                .withType("ClusterIP")
                .withSelector(selector)
                .withPorts(port("http", Names.HTTP_PORT), port("etcd", Names.ETCD_PORT))
                .endSpec()
                .build();
    }

    private static ServicePort port(String name, int port) {
        return new ServicePortBuilder()
                .withName(name)
                .withPort(port)
                .withNewTargetPort(name)
                .withProtocol("TCP")
                .build();
    }
}
