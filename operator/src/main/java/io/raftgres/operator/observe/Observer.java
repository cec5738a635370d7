package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.raftgres.operator.raft.NodeClient;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
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

/** Reads the input of a plan from the API server and from the nodes. */
@ApplicationScoped
public class Observer {

    @Inject
    KubernetesClient client;

    @Inject
    NodeClient nodes;

    public Live look(Names names) throws InterruptedException {
        Optional<BootstrapConfig> bootstrap = Optional.ofNullable(client.configMaps()
                        .inNamespace(names.namespace())
                        .withName(names.bootstrapConfig())
                        .get())
                .map(BootstrapConfig::of);
        var set = Optional.ofNullable(client.apps()
                .statefulSets()
                .inNamespace(names.namespace())
                .withName(names.cluster())
                .get());
        List<Pod> all = client.pods()
                .inNamespace(names.namespace())
                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                .list()
                .getItems();
        List<Pod> pods = all.stream()
                .filter(pod -> names.ordinal(pod.getMetadata().getName()).isPresent())
                .toList();
        Optional<Pod> recovery = all.stream()
                .filter(pod -> pod.getMetadata().getName().equals(names.recoveryPod()))
                .findFirst();
        List<PersistentVolumeClaim> claims = new ArrayList<>(client.persistentVolumeClaims()
                .inNamespace(names.namespace())
                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                .list()
                .getItems());
        claims.addAll(unlabelled(names, RestoredClaims.sought(names, set, pods, claims)));
        return new Live(bootstrap, set, pods, claims, recovery, growable(claims), ask(pods));
    }

    /** @return the claims of these names that no RaftCluster has labelled */
    private List<PersistentVolumeClaim> unlabelled(Names names, List<String> sought) {
        return sought.stream()
                .map(name -> client.persistentVolumeClaims()
                        .inNamespace(names.namespace())
                        .withName(name)
                        .get())
                .filter(claim -> claim != null && !RestoredClaims.isLabelled(claim))
                .toList();
    }

    private Set<String> growable(List<PersistentVolumeClaim> claims) {
        return claims.stream()
                .map(claim -> claim.getSpec().getStorageClassName())
                .filter(name -> name != null && !name.isEmpty())
                .distinct()
                .filter(name -> {
                    var storageClass = client.storage()
                            .v1()
                            .storageClasses()
                            .withName(name)
                            .get();
                    return storageClass != null && Boolean.TRUE.equals(storageClass.getAllowVolumeExpansion());
                })
                .collect(Collectors.toSet());
    }

    /** Asks all nodes at once: unreachable nodes cost two seconds in all, however many they are. */
    private Map<String, NodeResponse> ask(List<Pod> pods) throws InterruptedException {
        Map<String, NodeResponse> responses = new TreeMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Map<String, Future<NodeResponse>> asked = new TreeMap<>();
            for (Pod pod : pods) {
                String ip = pod.getStatus().getPodIP();
                if (ip != null && "Running".equals(pod.getStatus().getPhase())) {
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
