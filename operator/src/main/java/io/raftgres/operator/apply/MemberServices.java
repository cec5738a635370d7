package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.ObjectReader;
import io.raftgres.operator.observe.Observer;
import io.raftgres.operator.raft.MergedStatus;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.resource.Names;
import io.raftgres.operator.resource.Services;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
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

    /**
     * @param members ordinals of the members that are to have a Service
     * @param services by ordinal
     * @param reported the members by ordinal, as the leader reports them; empty without a leader
     */
    private record SeenServices(
            Set<Integer> members, Map<Integer, Service> services, Map<Integer, NodeResponse.Member> reported) {}

    /** @return whether {@link #apply} would write nothing if the Services are as the caches have them */
    boolean isIdle(RaftCluster cluster, Live live, ObjectReader cached) {
        if (isWithout(cluster)) {
            return true;
        }
        SeenServices seen = see(cluster, live, byOrdinal(cluster, cached.all(Service.class)));
        return Services.members(cluster).isPresent()
                && seen.members().stream()
                        .allMatch(ordinal -> isUpToDate(
                                cluster,
                                ordinal,
                                Optional.ofNullable(seen.services().get(ordinal))))
                && addresses(cluster, seen).keySet().stream()
                        .allMatch(ordinal -> attempts.isHeldBack(
                                cluster, WriteAttempts.MEMBER, Names.of(cluster).member(ordinal)))
                && surplus(seen).isEmpty();
    }

    private boolean isWithout(RaftCluster cluster) {
        return Services.members(cluster).isEmpty()
                && without.contains(cluster.getMetadata().getUid());
    }

    private boolean isUpToDate(RaftCluster cluster, int ordinal, Optional<Service> live) {
        Service wanted = Services.member(cluster, ordinal);
        return attempts.isHeldBack(
                        cluster, wanted.getKind(), wanted.getMetadata().getName())
                || live.filter(it -> apply.isUpToDate(wanted, it)).isPresent();
    }

    public void apply(RaftCluster cluster, Live live) throws InterruptedException {
        if (isWithout(cluster)) {
            return;
        }
        boolean wanted = Services.members(cluster).isPresent();
        Optional<Map<Integer, Service>> services = list(cluster, wanted);
        SeenServices seen = see(cluster, live, services.orElse(Map.of()));
        seen.members()
                .forEach(ordinal -> write(cluster, ordinal, seen.services().get(ordinal)));
        if (services.isEmpty()) {
            // Which addresses are advertised and which Services are surplus, only the list says.
            return;
        }
        advertise(cluster, live, seen);
        remove(cluster, seen);
        String uid = cluster.getMetadata().getUid();
        if (!wanted && surplus(seen).isEmpty()) {
            without.add(uid);
        } else {
            without.remove(uid);
        }
    }

    /** Read live: a Service is deleted by what the list has. */
    private Optional<Map<Integer, Service>> list(RaftCluster cluster, boolean wanted) {
        Names names = Names.of(cluster);
        return attempts.read(
                cluster,
                wanted ? "Service" : "ServiceList",
                () -> byOrdinal(
                        cluster,
                        client.services()
                                .inNamespace(names.namespace())
                                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                                .withLabel(Services.MEMBER_LABEL)
                                .list()
                                .getItems()));
    }

    private static Map<Integer, Service> byOrdinal(RaftCluster cluster, List<Service> all) {
        Map<Integer, Service> services = new TreeMap<>();
        all.stream()
                .filter(service -> service.getMetadata().getLabels().containsKey(Services.MEMBER_LABEL))
                .forEach(service -> Names.of(cluster)
                        .ordinal(service.getMetadata().getName())
                        .ifPresent(ordinal -> services.put(ordinal, service)));
        return services;
    }

    private static SeenServices see(RaftCluster cluster, Live live, Map<Integer, Service> services) {
        boolean wanted = Services.members(cluster).isPresent();
        return new SeenServices(
                wanted ? members(cluster, live) : Set.of(), services, reported(Names.of(cluster), live));
    }

    private void write(RaftCluster cluster, int ordinal, Service live) {
        attempts.write(cluster, "Service", Names.of(cluster).member(ordinal), () -> {
            Service service = Services.member(cluster, ordinal);
            // The list does not have a Service of another owner, which may have the name.
            return live == null ? apply.apply(service) : apply.apply(service, live);
        });
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

    private static Map<Integer, NodeResponse.Member> reported(Names names, Live live) {
        Map<Integer, NodeResponse.Member> members = new TreeMap<>();
        MergedStatus.leader(live.responses())
                .ifPresent(view -> view.members()
                        .forEach(member ->
                                names.ordinal(member.name()).ifPresent(ordinal -> members.put(ordinal, member))));
        return members;
    }

    /**
     * Without these Services only members that still have one are changed: an administrator may have set others.
     *
     * @return the addresses to advertise by ordinal, of members that advertise another one
     */
    private static Map<Integer, String> addresses(RaftCluster cluster, SeenServices seen) {
        Map<Integer, String> addresses = new TreeMap<>();
        seen.reported().forEach((ordinal, member) -> {
            boolean kept = seen.members().contains(ordinal);
            if (!kept && !seen.services().containsKey(ordinal)) {
                return;
            }
            Optional<String> address = kept
                    ? Services.address(
                            cluster,
                            member.name(),
                            Optional.ofNullable(seen.services().get(ordinal)))
                    : Optional.of(Names.of(cluster).clientAddress(member.name()));
            address.filter(it -> !it.equals(member.clientAddress())).ifPresent(it -> addresses.put(ordinal, it));
        });
        return addresses;
    }

    private void advertise(RaftCluster cluster, Live live, SeenServices seen) throws InterruptedException {
        Map<Integer, String> addresses = addresses(cluster, seen);
        Names names = Names.of(cluster);
        seen.reported().keySet().stream()
                .filter(ordinal -> !addresses.containsKey(ordinal))
                .forEach(ordinal -> attempts.unchanged(cluster, names.member(ordinal)));
        for (Map.Entry<Integer, String> each : addresses.entrySet()) {
            NodeResponse.Member member = seen.reported().get(each.getKey());
            if (attempts.isHeldBack(cluster, WriteAttempts.MEMBER, member.name())) {
                continue;
            }
            if (!advertise(cluster, live, member, each.getValue())) {
                // The leader does not do it now. Each further member would cost the time limit of a call.
                return;
            }
        }
    }

    private boolean advertise(RaftCluster cluster, Live live, NodeResponse.Member member, String address)
            throws InterruptedException {
        String event = "AdvertiseMember";
        boolean changed = attempts.change(
                cluster,
                member.name(),
                event,
                "member " + member.name() + " still advertises " + member.clientAddress() + " to clients, not "
                        + address,
                () -> nodes.advertise(leader(live), member.id(), address));
        if (changed) {
            events.record(cluster, event, "member " + member.name() + " advertises " + address + " to clients");
        }
        return changed;
    }

    private static String leader(Live live) throws IOException {
        Optional<String> leader =
                MergedStatus.leader(live.responses()).map(view -> view.leader().name());
        return Observer.addresses(live, leader).stream()
                .findFirst()
                .orElseThrow(() -> new IOException("no node of the cluster responds to the operator"));
    }

    private static Set<Integer> surplus(SeenServices seen) {
        Set<Integer> surplus = new TreeSet<>(seen.services().keySet());
        surplus.removeAll(seen.members());
        return surplus;
    }

    private void remove(RaftCluster cluster, SeenServices seen) {
        Names names = Names.of(cluster);
        for (int ordinal : surplus(seen)) {
            String member = names.member(ordinal);
            NodeResponse.Member reported = seen.reported().get(ordinal);
            boolean advertised =
                    reported != null && !names.clientAddress(member).equals(reported.clientAddress());
            // Without a leader nobody knows what is advertised.
            if (!seen.reported().isEmpty() && !advertised) {
                attempts.write(cluster, "Service", member, () -> {
                    client.resource(seen.services().get(ordinal)).delete();
                    return true;
                });
            }
        }
    }
}
