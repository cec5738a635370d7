package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Deletes the claims of a RaftCluster that is being deleted, if its spec says so at that time. A RaftCluster has the
 * finalizer only while {@code spec.storage.onDelete} is {@code Delete}, and its claims have no owner. So Kubernetes
 * never deletes data by itself, and a RaftCluster that keeps its data never waits for the operator.
 */
@ApplicationScoped
public class DataDeletion {

    /** While it is there, Kubernetes keeps the RaftCluster until the operator has deleted the claims. */
    public static final String FINALIZER = "raftgres.io/data";

    /** Kubernetes' own, of {@code kubectl delete --cascade=orphan}. */
    private static final String ORPHAN = "orphan";

    @Inject
    KubernetesClient client;

    @Inject
    Events events;

    /** Adds or removes the finalizer as the spec asks, also while paused: a pause must not decide about data. */
    public void prepare(RaftCluster cluster) {
        if (deletes(cluster) != cluster.hasFinalizer(FINALIZER)) {
            finalizer(cluster, deletes(cluster));
        }
    }

    /** Removes the owner that releases before this one gave to claims. */
    public void disown(List<PersistentVolumeClaim> claims) {
        for (PersistentVolumeClaim claim : claims) {
            if (!claim.getMetadata().getOwnerReferences().isEmpty()) {
                merge(claim, Map.of("ownerReferences", List.of()));
            }
        }
    }

    /**
     * Deletes what the spec says, and lets the RaftCluster go once it is gone. Safe to repeat.
     *
     * @param cluster a RaftCluster that is being deleted, read just now
     * @return whether nothing is left to do
     */
    public boolean finish(RaftCluster cluster) {
        if (!cluster.hasFinalizer(FINALIZER)) {
            return true;
        }
        if (deletes(cluster) && !isOrphaned(cluster)) {
            List<PersistentVolumeClaim> claims = claims(cluster);
            if (!claims.isEmpty()) {
                List<PersistentVolumeClaim> asked = claims.stream()
                        .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
                        .toList();
                if (!asked.isEmpty()) {
                    events.record(cluster, "DeleteData", sentence(asked));
                }
                stop(cluster);
                asked.forEach(this::delete);
                return false;
            }
        }
        finalizer(cluster, false);
        return true;
    }

    private static boolean deletes(RaftCluster cluster) {
        return cluster.getSpec().storage().onDelete().equals("Delete");
    }

    private static String sentence(List<PersistentVolumeClaim> claims) {
        List<String> names =
                claims.stream().map(claim -> claim.getMetadata().getName()).toList();
        return "the RaftCluster is being deleted, and spec.storage.onDelete is Delete: the operator deletes the claims "
                + String.join(", ", names);
    }

    /** Whether the deletion was asked to keep all objects of the cluster: then Kubernetes takes their owner away. */
    private boolean isOrphaned(RaftCluster cluster) {
        if (cluster.getMetadata().getFinalizers().contains(ORPHAN)) {
            return true;
        }
        Names names = Names.of(cluster);
        ConfigMap bootstrap = client.configMaps()
                .inNamespace(names.namespace())
                .withName(names.bootstrapConfig())
                .get();
        return bootstrap != null && !isOwned(bootstrap, cluster);
    }

    private static boolean isOwned(HasMetadata object, RaftCluster cluster) {
        return object.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(cluster.getMetadata().getUid()));
    }

    /** Stops the pods, because claims go only when no pod uses them. Without its StatefulSet none comes back. */
    private void stop(RaftCluster cluster) {
        Names names = Names.of(cluster);
        Optional.ofNullable(client.apps()
                        .statefulSets()
                        .inNamespace(names.namespace())
                        .withName(names.cluster())
                        .get())
                .filter(set -> isOwned(set, cluster))
                .ifPresent(this::delete);
        client
                .pods()
                .inNamespace(names.namespace())
                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                .list()
                .getItems()
                .stream()
                .filter(pod -> isPod(names, pod))
                .forEach(this::delete);
    }

    private static boolean isPod(Names names, Pod pod) {
        String name = pod.getMetadata().getName();
        return names.ordinal(name).isPresent() || name.equals(names.recoveryPod());
    }

    private List<PersistentVolumeClaim> claims(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return client
                .persistentVolumeClaims()
                .inNamespace(names.namespace())
                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                .list()
                .getItems()
                .stream()
                .filter(claim -> Stream.of(ClaimKind.values())
                        .anyMatch(kind -> names.members()
                                .ordinal(kind, claim.getMetadata().getName())
                                .isPresent()))
                .toList();
    }

    /** With its uid as a precondition: a later object of the same name is not deleted. */
    private void delete(HasMetadata object) {
        if (object.getMetadata().getDeletionTimestamp() != null) {
            return;
        }
        String api = (object.getApiVersion().contains("/") ? "/apis/" : "/api/") + object.getApiVersion();
        String uri = api + "/namespaces/" + object.getMetadata().getNamespace() + "/" + object.getPlural() + "/"
                + object.getMetadata().getName();
        try {
            client.raw(
                    uri,
                    "DELETE",
                    Map.of(
                            "kind",
                            "DeleteOptions",
                            "apiVersion",
                            "v1",
                            "propagationPolicy",
                            "Background",
                            "preconditions",
                            Map.of("uid", object.getMetadata().getUid())));
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }

    /** Refused when the RaftCluster has changed since: then the operator looks again. */
    private void finalizer(RaftCluster cluster, boolean wanted) {
        List<String> finalizers = new ArrayList<>(cluster.getMetadata().getFinalizers());
        finalizers.remove(FINALIZER);
        if (wanted) {
            finalizers.add(FINALIZER);
        }
        merge(
                cluster,
                Map.of(
                        "finalizers",
                        finalizers,
                        "resourceVersion",
                        cluster.getMetadata().getResourceVersion()));
    }

    private void merge(HasMetadata object, Map<String, Object> metadata) {
        client.resource(object)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        client.getKubernetesSerialization().asJson(Map.of("metadata", metadata)));
    }
}
