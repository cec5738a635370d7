package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reads the input of a plan: Kubernetes objects, and the status of the nodes. */
@ApplicationScoped
public class Observer {

    @Inject
    KubernetesClient client;

    @Inject
    NodeClient nodes;

    @Inject
    StorageClasses classes;

    /** Reads from the API server. */
    public Live look(RaftCluster cluster) throws InterruptedException {
        return look(cluster, new LiveObjects(client, Names.of(cluster)));
    }

    /**
     * Reads the cluster's objects from the reader. The nodes, and the names of missing claims, are asked for in any
     * case: no cache has them. Caches do not show objects of other programs.
     */
    public Live look(RaftCluster cluster, ObjectReader reader) throws InterruptedException {
        Names names = Names.of(cluster);
        ForeignObjects foreign = new ForeignObjects(names);
        Optional<StatefulSet> set =
                reader.get(StatefulSet.class, names.cluster()).flatMap(foreign::ours);
        Optional<ConfigMap> map =
                reader.get(ConfigMap.class, names.bootstrapConfig()).flatMap(foreign::ours);
        Optional<BootstrapConfig> bootstrap = map.map(BootstrapConfig::of);
        List<OwnerReference> owners =
                map.map(it -> it.getMetadata().getOwnerReferences()).orElse(List.of());
        List<Pod> all = reader.all(Pod.class);
        List<Pod> pods = all.stream()
                .filter(pod -> names.ordinal(pod.getMetadata().getName()).isPresent())
                .sorted(Comparator.comparingInt(
                        pod -> names.ordinal(pod.getMetadata().getName()).orElseThrow()))
                .toList();
        Optional<Pod> recovery = all.stream()
                .filter(pod -> pod.getMetadata().getName().equals(names.recoveryPod()))
                .findFirst();
        unlabelledPods(cluster, set, all)
                .forEach(name -> reader.get(Pod.class, name).ifPresent(foreign::ours));
        boolean formed = bootstrap.filter(BootstrapConfig::formed).isPresent()
                && owners.stream().noneMatch(owner -> Live.isFormer(owner, cluster));
        Optional<BootstrapConfig> current = bootstrap.filter(it -> formed);
        List<PersistentVolumeClaim> claims = claims(cluster, set, pods, map.isPresent(), current, reader, foreign);
        if (map.isEmpty()) {
            // Kubernetes deletes the others with their RaftCluster.
            foreign.origin(claims.stream()
                    .filter(claim -> claim.getMetadata().getOwnerReferences().stream()
                            .noneMatch(owner -> Live.isFormer(owner, cluster)))
                    .toList());
        }
        return new Live(bootstrap, set, pods, claims, recovery, growable(claims), ask(pods), owners, foreign.found());
    }

    /** Reads each object from the API server. */
    private record LiveObjects(KubernetesClient client, Names names) implements ObjectReader {

        @Override
        public <R extends HasMetadata> Optional<R> get(Class<R> type, String name) {
            return Optional.ofNullable(client.resources(type)
                    .inNamespace(names.namespace())
                    .withName(name)
                    .get());
        }

        @Override
        public <R extends HasMetadata> List<R> all(Class<R> type) {
            return client.resources(type)
                    .inNamespace(names.namespace())
                    .withLabel(Names.CLUSTER_LABEL, names.cluster())
                    .list()
                    .getItems();
        }
    }

    /** @return the names of pods that the cluster needs, and that none of its pods has */
    private static List<String> unlabelledPods(RaftCluster cluster, Optional<StatefulSet> set, List<Pod> labelled) {
        Names names = Names.of(cluster);
        Set<String> seen =
                labelled.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
        int replicas = Math.max(
                cluster.getSpec().replicas(),
                set.map(it -> it.getSpec().getReplicas()).orElse(0));
        Stream<String> recovery = cluster.getSpec().recovery() == null ? Stream.of() : Stream.of(names.recoveryPod());
        return Stream.concat(IntStream.range(0, replicas).mapToObj(names::member), recovery)
                .filter(name -> !seen.contains(name))
                .toList();
    }

    /**
     * @return the claims that are the cluster's by their label, those that it adopts by their name, and those that were
     *     deleted and that its pods hold
     */
    private List<PersistentVolumeClaim> claims(
            RaftCluster cluster,
            Optional<StatefulSet> set,
            List<Pod> pods,
            boolean begun,
            Optional<BootstrapConfig> formed,
            ObjectReader reader,
            ForeignObjects foreign) {
        Names names = Names.of(cluster);
        var all = client.persistentVolumeClaims().inNamespace(names.namespace());
        List<PersistentVolumeClaim> labelled = reader.all(PersistentVolumeClaim.class);
        RestoredClaims restored = new RestoredClaims(
                names,
                cluster.getSpec(),
                begun,
                formed.isPresent(),
                formed.flatMap(BootstrapConfig::clusterId),
                set,
                labelled);
        List<PersistentVolumeClaim> claims = new ArrayList<>();
        for (PersistentVolumeClaim claim : labelled) {
            boolean going = claim.getMetadata().getDeletionTimestamp() != null;
            Optional<String> other = restored.otherCluster(claim).filter(id -> !going);
            if (other.isEmpty()) {
                claims.add(claim);
            } else if (restored.isMounted(claim.getMetadata().getName())) {
                foreign.otherCluster(claim, other.get(), formed.flatMap(BootstrapConfig::clusterId));
            }
        }
        for (String name : restored.sought()) {
            PersistentVolumeClaim claim = all.withName(name).get();
            // A claim that has the label now was created since the claims were listed.
            if (claim == null || names.isLabelled(claim)) {
                continue;
            }
            Optional<String> objection = restored.objection(claim);
            if (objection.isEmpty() || isHeld(claim, pods)) {
                claims.add(claim);
            } else if (restored.isMounted(name) || restored.mayBeFormer(claim)) {
                foreign.claim(claim, objection.get(), formed.isPresent());
            }
        }
        return claims;
    }

    private Set<String> growable(List<PersistentVolumeClaim> claims) {
        return claims.stream()
                .map(claim -> claim.getSpec().getStorageClassName())
                .filter(name -> name != null && !name.isEmpty())
                .distinct()
                .filter(classes::letsGrow)
                .collect(Collectors.toSet());
    }

    /**
     * Whether the claim was deleted, and only waits until a pod of the cluster has stopped. Its member then loses its
     * data, also if the claim is another program's. So the plan has to know it: it replaces the member while the others
     * are healthy.
     */
    private static boolean isHeld(PersistentVolumeClaim claim, List<Pod> pods) {
        return claim.getMetadata().getDeletionTimestamp() != null
                && pods.stream()
                        .flatMap(pod -> Optional.ofNullable(pod.getSpec()).stream())
                        .flatMap(spec -> spec.getVolumes().stream())
                        .map(Volume::getPersistentVolumeClaim)
                        .anyMatch(volume ->
                                volume != null && claim.getMetadata().getName().equals(volume.getClaimName()));
    }

    /** Asks all nodes at once: unreachable nodes cost two seconds in all, however many they are. */
    private Map<String, NodeResponse> ask(List<Pod> pods) throws InterruptedException {
        Map<String, NodeResponse> responses = new TreeMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Map<String, Future<NodeResponse>> asked = new TreeMap<>();
            for (Pod pod : pods) {
                String ip = pod.getStatus().getPodIP();
                if (ip != null && PodTrouble.mayRun(pod)) {
                    asked.put(pod.getMetadata().getName(), threads.submit(() -> nodes.look(ip)));
                }
            }
            for (Map.Entry<String, Future<NodeResponse>> each : asked.entrySet()) {
                responses.put(each.getKey(), each.getValue().get());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("the operator failed to ask a node for its status", e.getCause());
        }
        return responses;
    }

    /** @return addresses of the nodes that answer, the leader's first */
    public static List<String> addresses(Live live, Optional<String> leader) {
        List<String> addresses = new ArrayList<>();
        for (Pod pod : live.pods()) {
            String name = pod.getMetadata().getName();
            if (live.responses().get(name) instanceof NodeResponse.View) {
                addresses.add(
                        leader.filter(name::equals).isPresent() ? 0 : addresses.size(),
                        pod.getStatus().getPodIP());
            }
        }
        return addresses;
    }
}
