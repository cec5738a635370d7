package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.Observer;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.raft.NodeResponse.ClusterView;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.Services;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes a Service for each member, changes the address that each member advertises to clients, and removes Services
 * that are not wanted any more. An address is changed in the log, so no pod restarts. A Service is removed only when no
 * member advertises it.
 */
@ApplicationScoped
public class MemberServices {

    private static final int REMEMBERED_MAX = 10_000;

    @Inject
    KubernetesClient client;

    @Inject
    ServerSideApply apply;

    @Inject
    NodeClient nodes;

    @Inject
    WriteAttempts attempts;

    @Inject
    Events events;

    /** Uids of RaftClusters that want no such Services and have none: they cost no call of the API server. */
    private final Set<String> without =
            Collections.synchronizedSet(Collections.newSetFromMap(new BoundedMap<>(REMEMBERED_MAX)));

    /** @return whether {@link #apply} has nothing to do, now and later */
    boolean isIdle(RaftCluster cluster) {
        return Services.members(cluster).isEmpty()
                && without.contains(cluster.getMetadata().getUid());
    }

    public void apply(RaftCluster cluster, Live live) throws InterruptedException {
        boolean wanted = Services.members(cluster).isPresent();
        String uid = cluster.getMetadata().getUid();
        if (!wanted && without.contains(uid)) {
            return;
        }
        Map<Integer, Service> services = services(Names.of(cluster));
        Set<Integer> members = wanted ? members(cluster, live) : Set.of();
        members.forEach(ordinal -> write(cluster, ordinal, services.get(ordinal)));
        Map<Integer, NodeResponse.Member> reported = reported(Names.of(cluster), live);
        advertise(cluster, live, services, members, reported);
        Set<Integer> surplus = new TreeSet<>(services.keySet());
        surplus.removeAll(members);
        remove(cluster, services, surplus, reported);
        if (!wanted && surplus.isEmpty()) {
            without.add(uid);
        } else {
            without.remove(uid);
        }
    }

    private void write(RaftCluster cluster, int ordinal, Service live) {
        attempts.write(cluster, "Service", Names.of(cluster).member(ordinal), () -> {
            Service service = Services.member(cluster, ordinal);
            // The list does not have a Service of another owner, which may have the name.
            return live == null ? apply.apply(service) : apply.apply(service, live);
        });
    }

    private Map<Integer, Service> services(Names names) {
        Map<Integer, Service> services = new TreeMap<>();
        client.services()
                .inNamespace(names.namespace())
                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                .withLabel(Services.MEMBER_LABEL)
                .list()
                .getItems()
                .forEach(service -> names.ordinal(service.getMetadata().getName())
                        .ifPresent(ordinal -> services.put(ordinal, service)));
        return services;
    }

    /** The wanted members, and those that are to leave and still have a pod. */
    private static Set<Integer> members(RaftCluster cluster, Live live) {
        Set<Integer> members = new TreeSet<>();
        for (int ordinal = 0; ordinal < cluster.getSpec().replicas(); ordinal++) {
            members.add(ordinal);
        }
        live.pods()
                .forEach(pod ->
                        Names.of(cluster).ordinal(pod.getMetadata().getName()).ifPresent(members::add));
        return members;
    }

    /** @return the members by ordinal, as the leader reports them; empty without a leader */
    private static Map<Integer, NodeResponse.Member> reported(Names names, Live live) {
        Map<Integer, NodeResponse.Member> members = new TreeMap<>();
        leader(live)
                .ifPresent(view -> view.members()
                        .forEach(member ->
                                names.ordinal(member.name()).ifPresent(ordinal -> members.put(ordinal, member))));
        return members;
    }

    private static Optional<ClusterView> leader(Live live) {
        return live.responses().values().stream()
                .filter(NodeResponse.View.class::isInstance)
                .map(response -> ((NodeResponse.View) response).cluster())
                .filter(view -> view.leader() != null && view.leader().id().equals(view.self()))
                .max(Comparator.comparingLong(ClusterView::term));
    }

    /** Without these Services only members that still have one are changed: an administrator may have set others. */
    private void advertise(
            RaftCluster cluster,
            Live live,
            Map<Integer, Service> services,
            Set<Integer> members,
            Map<Integer, NodeResponse.Member> reported)
            throws InterruptedException {
        for (Map.Entry<Integer, NodeResponse.Member> each : reported.entrySet()) {
            int ordinal = each.getKey();
            NodeResponse.Member member = each.getValue();
            if (!members.contains(ordinal) && !services.containsKey(ordinal)) {
                continue;
            }
            Optional<String> address = members.contains(ordinal)
                    ? Services.address(cluster, member.name(), Optional.ofNullable(services.get(ordinal)))
                    : Optional.of(Names.of(cluster).clientAddress(member.name()));
            if (address.isPresent() && !address.get().equals(member.clientAddress())) {
                advertise(cluster, live, member, address.get());
            }
        }
    }

    private void advertise(RaftCluster cluster, Live live, NodeResponse.Member member, String address)
            throws InterruptedException {
        try {
            Optional<String> leader = leader(live).map(view -> view.leader().name());
            String node = Observer.addresses(live, leader).stream()
                    .findFirst()
                    .orElseThrow(() -> new IOException("no node of the cluster responds to the operator"));
            nodes.advertise(node, member.id(), address);
            events.record(
                    cluster, "AdvertiseMember", "member " + member.name() + " advertises " + address + " to clients");
        } catch (IOException e) {
            events.warn(
                    cluster,
                    "AdvertiseMemberFailed",
                    "member " + member.name() + " still advertises " + member.clientAddress() + " to clients, not "
                            + address + ": " + e.getMessage() + ". The operator tries again");
        }
    }

    private void remove(
            RaftCluster cluster,
            Map<Integer, Service> services,
            Set<Integer> surplus,
            Map<Integer, NodeResponse.Member> reported) {
        Names names = Names.of(cluster);
        for (int ordinal : surplus) {
            String member = names.member(ordinal);
            boolean advertised = reported.containsKey(ordinal)
                    && !names.clientAddress(member).equals(reported.get(ordinal).clientAddress());
            // Without a leader nobody knows what is advertised.
            if (!reported.isEmpty() && !advertised) {
                attempts.write(cluster, "Service", member, () -> {
                    client.resource(services.get(ordinal)).delete();
                    return true;
                });
            }
        }
    }
}
