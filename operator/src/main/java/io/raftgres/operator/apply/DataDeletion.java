package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.observe.Live;
import io.raftgres.operator.observe.Views;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Deletes the claims of a RaftCluster that is being deleted, if its spec says so at that time. A RaftCluster has the
 * finalizer only while {@code spec.storage.onDelete} is {@code Delete}, and its claims have no owner. So Kubernetes
 * never deletes data by itself, and a RaftCluster that keeps its data never waits for the operator.
 */
@ApplicationScoped
public class DataDeletion {

    private static final Logger LOG = Logger.getLogger(DataDeletion.class);

    /** While it is there, Kubernetes keeps the RaftCluster until the operator has deleted the claims. */
    public static final String FINALIZER = "raftgres.io/data";

    private static final String RETAIN = "spec.storage.onDelete is Retain";

    /** Kubernetes' own, of {@code kubectl delete --cascade=orphan}. */
    private static final String ORPHAN = "orphan";

    private static final int ATTEMPTS = 3;

    @Inject
    KubernetesClient client;

    @Inject
    Events events;

    /**
     * Adds or removes the finalizer as the spec asks, also while paused: a pause must not decide about data. If the
     * RaftCluster has changed meanwhile, its present spec decides.
     *
     * @return whether the finalizer was changed
     * @throws KubernetesClientException when the API server refuses the change
     */
    public boolean prepare(RaftCluster asked) {
        RaftCluster cluster = asked;
        for (int attempt = 1; deletes(cluster) != cluster.hasFinalizer(FINALIZER); attempt++) {
            try {
                finalizer(cluster, deletes(cluster));
                return true;
            } catch (KubernetesClientException e) {
                if (!ApiRefusal.isStateChange(e) || attempt == ATTEMPTS) {
                    throw e;
                }
                cluster = client.resource(asked).get();
                if (cluster == null || cluster.getMetadata().getDeletionTimestamp() != null) {
                    return false;
                }
            }
        }
        return false;
    }

    /**
     * Removes the owner that releases before this one gave to claims. The operator changes no other owner, and no claim
     * without the cluster's label.
     */
    public void disown(RaftCluster cluster, List<PersistentVolumeClaim> claims) {
        for (PersistentVolumeClaim claim : claims) {
            if (isOwned(cluster, claim)) {
                List<OwnerReference> kept = claim.getMetadata().getOwnerReferences().stream()
                        .filter(owner -> !isThis(cluster, owner))
                        .toList();
                MetadataPatch.merge(
                        client, claim, Map.of("uid", claim.getMetadata().getUid(), "ownerReferences", kept));
            }
        }
    }

    /** @return whether the claim has this RaftCluster's label, and it or a former one of its name as an owner */
    public static boolean isOwned(RaftCluster cluster, PersistentVolumeClaim claim) {
        return Names.of(cluster).isLabelled(claim)
                && claim.getMetadata().getOwnerReferences().stream().anyMatch(owner -> isThis(cluster, owner));
    }

    /** @return whether {@link #prepare} and {@link #disown} have nothing to do */
    boolean isPrepared(RaftCluster cluster, List<PersistentVolumeClaim> claims) {
        return deletes(cluster) == cluster.hasFinalizer(FINALIZER)
                && claims.stream().noneMatch(claim -> isOwned(cluster, claim));
    }

    /** @return whether the owner is this RaftCluster, or a former one of its name */
    private static boolean isThis(RaftCluster cluster, OwnerReference owner) {
        return owner.getKind().equals(cluster.getKind())
                && (owner.getUid().equals(cluster.getMetadata().getUid())
                        || owner.getName().equals(cluster.getMetadata().getName()));
    }

    /**
     * Deletes what the spec says, and lets the RaftCluster go once it is gone. Safe to repeat.
     *
     * @param cluster a RaftCluster that is being deleted, read just now
     * @return what the deletion waits for; empty when nothing is left to do
     */
    public Optional<String> finish(RaftCluster cluster) {
        if (!cluster.hasFinalizer(FINALIZER)) {
            return Optional.empty();
        }
        Optional<ConfigMap> bootstrap = bootstrap(cluster);
        Optional<String> kept = keeps(cluster, bootstrap);
        if (kept.isEmpty()) {
            Optional<BootstrapConfig> began = bootstrap.map(BootstrapConfig::of);
            Optional<String> waiting = delete(cluster, began);
            if (waiting.isPresent()) {
                return waiting;
            }
            DeletableClaims claims = DeletableClaims.of(cluster, began, claims(cluster));
            keep(cluster, claims.kept(), claims.why());
        } else {
            keep(cluster, claims(cluster), kept.get());
        }
        finalizer(cluster, false);
        return Optional.empty();
    }

    /**
     * Reports the claims of a RaftCluster that is gone, and had no finalizer. The report is information only, so a
     * failure stops nothing.
     */
    public void gone(RaftCluster cluster) {
        if (deletes(cluster)) {
            return;
        }
        try {
            keep(cluster, claims(cluster), RETAIN);
        } catch (KubernetesClientException e) {
            LOG.warnf(
                    "RaftCluster %s is deleted, and the operator could not read which claims stay: %s",
                    cluster.getMetadata().getName(), e.getMessage());
        }
    }

    private void keep(RaftCluster cluster, List<PersistentVolumeClaim> claims, String why) {
        if (!claims.isEmpty()) {
            events.record(
                    cluster,
                    "KeepData",
                    "the RaftCluster is being deleted, and the claims " + names(claims) + " stay: " + why
                            + ". To delete them: kubectl delete pvc -l " + Names.CLUSTER_LABEL + "="
                            + cluster.getMetadata().getName());
        }
    }

    /**
     * Deletes the claims once no new ones can appear. The StatefulSet stays until then: only while it exists does its
     * status show that its controller knows that no pods are to run, and creates no claims for them. Claims that may
     * have other data than this RaftCluster's are not deleted.
     *
     * @param began what the RaftCluster's ConfigMap says; empty when it does not exist
     * @return what the deletion waits for; empty when pods, claims and StatefulSet are deleted
     */
    private Optional<String> delete(RaftCluster cluster, Optional<BootstrapConfig> began) {
        Optional<StatefulSet> set = set(cluster);
        if (set.isPresent() && !isStopped(set.get())) {
            return Optional.of("deleting: the controller of StatefulSet "
                    + set.get().getMetadata().getName()
                    + " has not reported yet that it creates no more pods and claims");
        }
        List<Pod> pods = pods(cluster);
        pods.forEach(this::delete);
        List<PersistentVolumeClaim> claims =
                DeletableClaims.of(cluster, began, claims(cluster)).deletable();
        List<PersistentVolumeClaim> asked = claims.stream()
                .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
                .toList();
        if (!asked.isEmpty()) {
            events.record(
                    cluster,
                    "DeleteData",
                    "the RaftCluster is being deleted, and spec.storage.onDelete is Delete: the operator deletes the"
                            + " claims " + names(asked));
            asked.forEach(this::delete);
        }
        if (!claims.isEmpty()) {
            return Optional.of(waiting(cluster, claims));
        }
        if (!pods.isEmpty()) {
            return Optional.of("deleting: "
                    + pods.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.joining(", "))
                    + " still run");
        }
        set.ifPresent(this::delete);
        return Optional.empty();
    }

    /** @return the StatefulSet, unless it has another owner */
    private Optional<StatefulSet> set(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return Optional.ofNullable(client.apps()
                        .statefulSets()
                        .inNamespace(names.namespace())
                        .withName(names.cluster())
                        .get())
                .filter(set -> Live.isOwned(set, cluster));
    }

    /** @return whether the StatefulSet's controller knows that no pods are to run; if nobody has said so, says it */
    private boolean isStopped(StatefulSet set) {
        boolean going = set.getMetadata().getDeletionTimestamp() != null;
        if (!going && !Integer.valueOf(0).equals(set.getSpec().getReplicas())) {
            scaleToZero(set);
            return false;
        }
        return Views.isSeen(set);
    }

    private void scaleToZero(StatefulSet set) {
        Map<String, Object> patch =
                Map.of("metadata", Map.of("uid", set.getMetadata().getUid()), "spec", Map.of("replicas", 0));
        try {
            client.resource(set)
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            client.getKubernetesSerialization().asJson(patch));
        } catch (KubernetesClientException e) {
            // It may go meanwhile with its namespace: the operator looks again.
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
        }
    }

    /** @return why the claims stay; empty when they are to be deleted */
    private static Optional<String> keeps(RaftCluster cluster, Optional<ConfigMap> bootstrap) {
        if (!deletes(cluster)) {
            return Optional.of(RETAIN);
        }
        return isOrphaned(cluster, bootstrap)
                ? Optional.of("it is deleted with --cascade=orphan, or ConfigMap "
                        + Names.of(cluster).bootstrapConfig() + " has lost its owner in that way")
                : Optional.empty();
    }

    private static String names(List<PersistentVolumeClaim> claims) {
        return claims.stream().map(claim -> claim.getMetadata().getName()).collect(Collectors.joining(", "));
    }

    private String waiting(RaftCluster cluster, List<PersistentVolumeClaim> claims) {
        List<Pod> pods = client.pods()
                .inNamespace(cluster.getMetadata().getNamespace())
                .list()
                .getItems();
        return claims.stream()
                .map(claim -> waiting(Names.of(cluster), claim, pods))
                .collect(Collectors.joining("; ", "deleting: ", ""));
    }

    /** Kubernetes removes a claim when no pod uses it and it has no finalizer. */
    private static String waiting(Names names, PersistentVolumeClaim claim, List<Pod> pods) {
        String name = claim.getMetadata().getName();
        List<Pod> users = pods.stream().filter(pod -> isMounted(name, pod)).toList();
        if (users.isEmpty()) {
            List<String> finalizers = claim.getMetadata().getFinalizers();
            return "claim " + name + " is being removed"
                    + (finalizers.isEmpty() ? "" : ", and has the finalizers " + String.join(", ", finalizers));
        }
        boolean foreign = users.stream().anyMatch(pod -> !isPod(names, pod));
        return "claim " + name + " is still in use by pod "
                + users.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.joining(", "))
                + (foreign ? ", which an administrator must delete" : "");
    }

    private static boolean isMounted(String claim, Pod pod) {
        return pod.getSpec().getVolumes().stream()
                .map(Volume::getPersistentVolumeClaim)
                .anyMatch(volume -> volume != null && claim.equals(volume.getClaimName()));
    }

    private static boolean deletes(RaftCluster cluster) {
        return cluster.getSpec().storage().onDelete().equals("Delete");
    }

    /** Whether the deletion was asked to keep all objects of the cluster: then Kubernetes takes their owner away. */
    private static boolean isOrphaned(RaftCluster cluster, Optional<ConfigMap> bootstrap) {
        return cluster.getMetadata().getFinalizers().contains(ORPHAN)
                || bootstrap.filter(map -> !Live.isOwned(map, cluster)).isPresent();
    }

    private Optional<ConfigMap> bootstrap(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return Optional.ofNullable(client.configMaps()
                .inNamespace(names.namespace())
                .withName(names.bootstrapConfig())
                .get());
    }

    /** @return the pods of the members and of a recovery: claims go only when no pod uses them */
    private List<Pod> pods(RaftCluster cluster) {
        Names names = Names.of(cluster);
        return client
                .pods()
                .inNamespace(names.namespace())
                .withLabel(Names.CLUSTER_LABEL, names.cluster())
                .list()
                .getItems()
                .stream()
                .filter(pod -> isPod(names, pod))
                .toList();
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
        ConditionalDelete.run(
                client,
                api,
                object.getMetadata().getNamespace(),
                object.getPlural(),
                object.getMetadata().getName(),
                Map.of("uid", object.getMetadata().getUid()),
                "Background");
    }

    /** Refused when the RaftCluster has changed since: then the operator looks again. */
    private void finalizer(RaftCluster cluster, boolean wanted) {
        List<String> finalizers = new ArrayList<>(cluster.getMetadata().getFinalizers());
        finalizers.remove(FINALIZER);
        if (wanted) {
            finalizers.add(FINALIZER);
        }
        MetadataPatch.merge(
                client,
                cluster,
                Map.of(
                        "finalizers",
                        finalizers,
                        "resourceVersion",
                        cluster.getMetadata().getResourceVersion()));
    }
}
