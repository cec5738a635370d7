package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.api.v1alpha1.ServiceOptions;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Builds the Services: for clients, for clients that need the leader, for traffic between members, and if wanted one
 * for each member.
 */
public final class Services {

    /** Label of the Service of one member: the member's name. */
    public static final String MEMBER_LABEL = "raftgres.io/member";

    private static final String HTTP = "http";
    private static final String MEMBER = "{member}";
    private static final String POD_LABEL = "statefulset.kubernetes.io/pod-name";

    private Services() {}

    /** The Service of every ready member. */
    public static Service clients(RaftCluster cluster) {
        Names names = Names.of(cluster);
        Service service = service(cluster, names.cluster(), names.selector());
        return client(cluster.getSpec())
                .map(it -> with(it, service, names.cluster(), 0))
                .orElse(service);
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

    /** The Service of one member. It leads also to a member that is not ready, so that clients can ask it why. */
    public static Service member(RaftCluster cluster, int ordinal) {
        Names names = Names.of(cluster);
        String member = names.member(ordinal);
        Map<String, String> selector = new TreeMap<>(names.selector());
        selector.put(POD_LABEL, member);
        Service service = new ServiceBuilder(service(cluster, member, selector))
                .editMetadata()
                .addToLabels(MEMBER_LABEL, member)
                .endMetadata()
                .editSpec()
                .withPublishNotReadyAddresses(true)
                .endSpec()
                .build();
        return with(members(cluster).orElseThrow(), service, member, ordinal);
    }

    private static Optional<ServiceOptions> client(RaftClusterSpec spec) {
        return Optional.ofNullable(spec.services()).map(it -> it.client());
    }

    /** @return the name by which clients outside of Kubernetes reach the cluster */
    static Optional<String> clientHost(RaftClusterSpec spec) {
        return client(spec).map(ServiceOptions::host);
    }

    public static Optional<ServiceOptions> members(RaftCluster cluster) {
        return Optional.ofNullable(cluster.getSpec().services()).map(it -> it.members());
    }

    /**
     * @param live the Service of the member's name, as the API server has it; empty when there is none
     * @return the address that the member is to advertise to clients; empty as long as no Service of this RaftCluster
     *     leads there, because it was refused, belongs to another program, or its load balancer has no address
     */
    public static Optional<String> address(RaftCluster cluster, String member, Optional<Service> live) {
        Optional<ServiceOptions> options = members(cluster);
        if (options.isEmpty()) {
            return Optional.of(Names.of(cluster).clientAddress(member));
        }
        return live.filter(service -> leadsTo(cluster, member, service))
                .flatMap(service -> host(cluster, member, options.get(), service)
                        .flatMap(host -> port(service)
                                .map(port -> "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port)));
    }

    private static boolean leadsTo(RaftCluster cluster, String member, Service live) {
        ObjectMeta metadata = live.getMetadata();
        boolean owned = metadata.getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(cluster.getMetadata().getUid()));
        return owned
                && metadata.getDeletionTimestamp() == null
                && member.equals(Pods.orEmpty(live.getSpec().getSelector()).get(POD_LABEL));
    }

    private static Optional<String> host(RaftCluster cluster, String member, ServiceOptions options, Service live) {
        return Optional.ofNullable(options.host())
                .map(text -> text.replace(MEMBER, member))
                .or(() -> "LoadBalancer".equals(options.type())
                        ? ingress(live)
                        : Optional.of(member + "." + cluster.getMetadata().getNamespace() + ".svc"));
    }

    private static Optional<Integer> port(Service live) {
        return live.getSpec().getPorts().stream()
                .filter(port -> HTTP.equals(port.getName()))
                .map(ServicePort::getPort)
                .findFirst();
    }

    private static Optional<String> ingress(Service service) {
        if (service.getStatus() == null || service.getStatus().getLoadBalancer() == null) {
            return Optional.empty();
        }
        return service.getStatus().getLoadBalancer().getIngress().stream()
                .flatMap(it -> Optional.ofNullable(it.getHostname())
                        .or(() -> Optional.ofNullable(it).map(LoadBalancerIngress::getIp))
                        .filter(host -> !host.isEmpty())
                        .stream())
                .findFirst();
    }

    private static Service with(ServiceOptions options, Service service, String member, int ordinal) {
        ObjectMeta metadata = service.getMetadata();
        Map<String, String> labels = new TreeMap<>(Pods.orEmpty(options.labels()));
        labels.putAll(metadata.getLabels());
        Map<String, String> annotations = new TreeMap<>();
        Pods.orEmpty(options.annotations())
                .forEach((name, value) -> annotations.put(name, value.replace(MEMBER, member)));
        return new ServiceBuilder(service)
                .editMetadata()
                .withLabels(labels)
                .withAnnotations(annotations)
                .endMetadata()
                .editSpec()
                .withType(options.type() == null ? "ClusterIP" : options.type())
                .withLoadBalancerClass(options.loadBalancerClass())
                .withLoadBalancerSourceRanges(options.loadBalancerSourceRanges())
                .withExternalTrafficPolicy(options.externalTrafficPolicy())
                .withPorts(service.getSpec().getPorts().stream()
                        .map(port -> with(options.nodePorts(), port, ordinal))
                        .toList())
                .endSpec()
                .build();
    }

    private static ServicePort with(ServiceOptions.NodePorts ports, ServicePort port, int ordinal) {
        Integer first = ports == null ? null : port.getName().equals(HTTP) ? ports.http() : ports.etcd();
        return new ServicePortBuilder(port)
                .withNodePort(first == null ? null : Integer.valueOf(first + ordinal))
                .build();
    }

    private static Service service(RaftCluster cluster, String name, Map<String, String> selector) {
        return new ServiceBuilder()
                .withMetadata(Names.of(cluster).metadata(name, cluster))
                .withNewSpec()
                .withType("ClusterIP")
                .withSelector(selector)
                .withPorts(port(HTTP, Names.HTTP_PORT), port("etcd", Names.ETCD_PORT))
                .endSpec()
                .build();
    }

    private static ServicePort port(String name, int port) {
        return new ServicePortBuilder()
                .withName(name)
                .withPort(port)
                .withTargetPort(new IntOrString(name))
                .withProtocol("TCP")
                .build();
    }
}
