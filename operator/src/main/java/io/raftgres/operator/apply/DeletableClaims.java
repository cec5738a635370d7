package io.raftgres.operator.apply;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.observe.ClusterOrigin;
import io.raftgres.operator.resource.BootstrapConfig;
import io.raftgres.operator.resource.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Divides the claims of a RaftCluster that is being deleted. The label alone does not show whose data a claim has: an
 * administrator may have labelled a restored claim, and the RaftCluster may have waited next to it and begun nothing.
 *
 * @param deletable the claims that have this RaftCluster's data, or none
 * @param kept the claims that may have other data, without those that are being deleted already
 * @param why the other claims are kept
 */
record DeletableClaims(List<PersistentVolumeClaim> deletable, List<PersistentVolumeClaim> kept, String why) {

    /**
     * @param cluster the RaftCluster that is being deleted
     * @param began what its ConfigMap says; empty when it does not exist
     * @param labelled the claims that have the cluster's label
     */
    static DeletableClaims of(
            RaftCluster cluster, Optional<BootstrapConfig> began, List<PersistentVolumeClaim> labelled) {
        Predicate<PersistentVolumeClaim> own = began.map(DeletableClaims::own).orElseGet(() -> own(cluster, labelled));
        Map<Boolean, List<PersistentVolumeClaim>> parts = labelled.stream().collect(Collectors.partitioningBy(own));
        List<PersistentVolumeClaim> kept = parts.get(false).stream()
                .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
                .toList();
        String map = "ConfigMap " + Names.of(cluster).bootstrapConfig();
        return new DeletableClaims(
                parts.get(true),
                kept,
                began.isPresent()
                        ? "by their annotation " + Names.CLUSTER_ID
                                + " they have the data of another cluster than the one" + " in " + map
                        : map + " does not exist, and the annotations of the claims do not show that they have the data"
                                + " of this RaftCluster");
    }

    /** Whether the claim has no other id than the cluster, or was created for it before it had an id. */
    private static Predicate<PersistentVolumeClaim> own(BootstrapConfig began) {
        return claim -> ids(List.of(claim)).stream()
                        .allMatch(id -> began.clusterId().filter(id::equals).isPresent())
                || began.begunAs().isPresent() && began.begunAs().equals(begunAs(claim));
    }

    /**
     * Without the ConfigMap the annotations decide, as they do when a RaftCluster begins ({@link ClusterOrigin}): it
     * would continue with the claims of one cluster. Those of a cluster without a leader must be of this RaftCluster.
     */
    private static Predicate<PersistentVolumeClaim> own(RaftCluster cluster, List<PersistentVolumeClaim> labelled) {
        if (ids(labelled).size() > 1) {
            return claim -> false;
        }
        boolean continues =
                labelled.stream().anyMatch(claim -> ClusterOrigin.id(claim).isPresent());
        String name = " " + BootstrapConfig.nameOf(cluster);
        return claim ->
                continues || begunAs(claim).filter(it -> it.endsWith(name)).isPresent();
    }

    private static List<String> ids(List<PersistentVolumeClaim> claims) {
        return claims.stream()
                .flatMap(claim -> ClusterOrigin.id(claim).stream())
                .filter(id -> !id.isEmpty())
                .distinct()
                .toList();
    }

    private static Optional<String> begunAs(PersistentVolumeClaim claim) {
        return Optional.ofNullable(claim.getMetadata().getAnnotations()).map(all -> all.get(BootstrapConfig.BEGUN_AS));
    }
}
