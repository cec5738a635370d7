package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.raftgres.operator.api.v1alpha1.RaftClusterSpec;
import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.resource.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Decides which claims without the operator's labels the cluster adopts: an administrator has restored them from
 * snapshots. A StatefulSet finds its claims by name, so the operator must too. Another program may use the same names.
 *
 * @param begun the cluster has its ConfigMap
 * @param formed the cluster has data, so its claims may have been restored
 * @param clusterId of this cluster; empty when not known
 * @param labelled the claims that have the cluster's label
 */
record RestoredClaims(
        Names names,
        RaftClusterSpec spec,
        boolean begun,
        boolean formed,
        Optional<String> clusterId,
        Optional<StatefulSet> set,
        List<PersistentVolumeClaim> labelled) {

    /** The most replicas that a RaftCluster may have. */
    private static final int REPLICAS_MAX = 9;

    private static final String COMMON_LABELS = "app.kubernetes.io/";

    /**
     * @return names of claims that the members have or had, and that are not labelled. Before a cluster begins, and
     *     when all claims are gone, these are the claims of all members that a RaftCluster may have
     */
    List<String> sought() {
        Set<String> seen =
                labelled.stream().map(claim -> claim.getMetadata().getName()).collect(Collectors.toSet());
        boolean all = formed && labelled.isEmpty() || isNew();
        int members = all ? REPLICAS_MAX : replicas();
        return Stream.of(ClaimKind.values())
                .filter(this::isUsed)
                .flatMap(kind -> IntStream.range(0, members).mapToObj(ordinal -> names.claim(kind, ordinal)))
                .filter(name -> !seen.contains(name))
                .toList();
    }

    private int replicas() {
        return Math.max(
                spec.replicas(), set.map(it -> it.getSpec().getReplicas()).orElse(0));
    }

    private boolean isUsed(ClaimKind kind) {
        return set.map(it -> it.getSpec().getVolumeClaimTemplates().stream()
                        .anyMatch(claim ->
                                claim.getMetadata().getName().equals(kind.name().toLowerCase(Locale.ROOT))))
                .orElse(kind == ClaimKind.DATA || spec.storage().log() != null);
    }

    /** @return whether a pod of the StatefulSet mounts the claim of this name */
    boolean isMounted(String claim) {
        return Stream.of(ClaimKind.values())
                .flatMapToInt(kind -> names.members().ordinal(kind, claim).stream())
                .anyMatch(ordinal -> ordinal < replicas());
    }

    /**
     * Whether the claim may have the data of a former cluster of this name, although no pod mounts it yet. An empty
     * cluster must not begin next to it: once it has more members, it would adopt the claim.
     */
    boolean mayBeFormer(PersistentVolumeClaim claim) {
        return isNew() && foreign(claim).isEmpty();
    }

    private boolean isNew() {
        return !begun && ClusterOrigin.of(names, labelled) instanceof ClusterOrigin.Empty;
    }

    /** @return why the cluster does not adopt this claim; empty when it does */
    Optional<String> objection(PersistentVolumeClaim claim) {
        return foreign(claim)
                .or(() -> formed
                        ? Optional.empty()
                        : Optional.of("this RaftCluster has no data yet, so the claim has other data"));
    }

    /** @return what shows that the claim is going, or is not the cluster's */
    private Optional<String> foreign(PersistentVolumeClaim claim) {
        ObjectMeta metadata = claim.getMetadata();
        if (metadata.getDeletionTimestamp() != null) {
            return Optional.of("it is being deleted");
        }
        if (!metadata.getOwnerReferences().isEmpty()) {
            var owner = metadata.getOwnerReferences().getFirst();
            return Optional.of(owner.getKind() + " " + owner.getName() + " owns it");
        }
        return foreignLabel(metadata)
                .map(label -> "it has the label " + label)
                .or(() -> otherCluster(claim)
                        .map(id -> "it has the annotation " + Names.CLUSTER_ID + "=" + id + " of another cluster"));
    }

    /** @return the id of another cluster, to which the claim's data belongs by its annotation */
    Optional<String> otherCluster(PersistentVolumeClaim claim) {
        return ClusterOrigin.id(claim)
                .filter(id -> !id.isEmpty() && clusterId.isPresent() && !id.equals(clusterId.get()));
    }

    private Optional<String> foreignLabel(ObjectMeta metadata) {
        Map<String, String> ours = new HashMap<>(names.labels());
        ours.putAll(names.selector());
        Map<String, String> labels = metadata.getLabels() == null ? Map.of() : metadata.getLabels();
        return labels.entrySet().stream()
                .filter(it ->
                        it.getKey().startsWith(COMMON_LABELS) || it.getKey().equals(Names.CLUSTER_LABEL))
                .filter(it -> !it.getValue().equals(ours.get(it.getKey())))
                .map(it -> it.getKey() + "=" + it.getValue())
                .sorted()
                .findFirst();
    }
}
