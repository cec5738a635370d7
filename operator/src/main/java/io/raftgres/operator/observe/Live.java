package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.raftgres.operator.api.v1alpha1.RaftCluster;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.raft.NodeResponse;
import io.raftgres.operator.resource.BootstrapConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The live objects of one cluster.
 *
 * @param pods the members' pods, by ordinal
 * @param growable names of the storage classes that allow expansion
 * @param responses the nodes' responses, by pod name
 * @param bootstrapOwners owners of the ConfigMap from which {@code bootstrap} was read
 * @param foreign objects of other programs that have names of this cluster
 */
public record Live(
        Optional<BootstrapConfig> bootstrap,
        Optional<StatefulSet> set,
        List<Pod> pods,
        List<PersistentVolumeClaim> claims,
        Optional<Pod> recovery,
        Set<String> growable,
        Map<String, NodeResponse> responses,
        List<OwnerReference> bootstrapOwners,
        List<RefusedWrite> foreign) {

    /** The live objects of a cluster whose names no other program uses. */
    public Live(
            Optional<BootstrapConfig> bootstrap,
            Optional<StatefulSet> set,
            List<Pod> pods,
            List<PersistentVolumeClaim> claims,
            Optional<Pod> recovery,
            Set<String> growable,
            Map<String, NodeResponse> responses) {
        this(bootstrap, set, pods, claims, recovery, growable, responses, List.of(), List.of());
    }

    /** @return whether the owner is an earlier RaftCluster, with which Kubernetes deletes the object */
    public static boolean isFormer(OwnerReference owner, RaftCluster cluster) {
        return owner.getKind().equals(cluster.getKind())
                && !owner.getUid().equals(cluster.getMetadata().getUid());
    }

    /** @return whether Kubernetes deletes the object with this RaftCluster */
    public static boolean isOwned(HasMetadata object, RaftCluster cluster) {
        return isOwned(object.getMetadata().getOwnerReferences(), cluster);
    }

    /** @return whether this RaftCluster is among the owners */
    public static boolean isOwned(List<OwnerReference> owners, RaftCluster cluster) {
        return owners.stream()
                .anyMatch(owner -> owner.getUid().equals(cluster.getMetadata().getUid()));
    }
}
