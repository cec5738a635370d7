package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.raftgres.operator.model.RefusedWrite;
import io.raftgres.operator.resource.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects the objects that have a name which the cluster needs, but belong to another program. */
final class ForeignObjects {

    private final Names names;
    private final List<RefusedWrite> found = new ArrayList<>();

    ForeignObjects(Names names) {
        this.names = names;
    }

    List<RefusedWrite> found() {
        return List.copyOf(found);
    }

    /** @return the object, if it has the cluster's label; without the label it is foreign */
    <T extends HasMetadata> Optional<T> ours(T object) {
        if (names.isLabelled(object)) {
            return Optional.of(object);
        }
        add(
                object,
                "exists already, and does not belong to RaftCluster " + names.cluster()
                        + ": it does not have the label "
                        + label() + ". The operator does not change it, and waits. Delete it, or give the RaftCluster"
                        + " another name; if it is this RaftCluster's, give it the label again");
        return Optional.empty();
    }

    /** @param labelled the cluster's claims, which alone say how it begins, because its ConfigMap is missing */
    void origin(List<PersistentVolumeClaim> labelled) {
        if (ClusterOrigin.of(names, labelled) instanceof ClusterOrigin.Unknown unknown) {
            add(unknown.claim(), unknown.sentence());
        }
    }

    /** @param id of the cluster whose data a labelled claim has */
    void otherCluster(HasMetadata claim, String id, Optional<String> own) {
        add(
                claim,
                "has the annotation " + Names.CLUSTER_ID + "=" + id + ", so its data is of another cluster than"
                        + " RaftCluster " + names.cluster() + ", whose id is " + own.orElse("not known")
                        + ". The operator does not change it, and waits. Delete the claim; or, if it has this cluster's"
                        + " data, correct the annotation: kubectl annotate --overwrite pvc "
                        + claim.getMetadata().getName() + " " + Names.CLUSTER_ID + "=" + own.orElse(""));
    }

    /**
     * @param objection why the cluster does not adopt the claim
     * @param formed whether the cluster has data
     */
    void claim(HasMetadata claim, String objection, boolean formed) {
        if (claim.getMetadata().getDeletionTimestamp() != null) {
            add(
                    claim,
                    "is being deleted, and does not have the label " + label()
                            + ". The operator waits until it is gone. If it stays, kubectl describe pvc " + name(claim)
                            + " shows the pod that uses it: delete that pod");
            return;
        }
        add(
                claim,
                "exists already, and RaftCluster " + names.cluster() + " does not adopt it: " + objection
                        + ". A pod would mount it, now or when the cluster has more members, so the operator waits. Delete"
                        + " the claim, or give the RaftCluster another name; if the claim has this cluster's data: kubectl label pvc "
                        + name(claim) + " " + label()
                        + (formed
                                ? ""
                                : ", and kubectl annotate pvc "
                                        + name(claim) + " " + Names.CLUSTER_ID
                                        + "=ID, with the id that the cluster had, or an empty one"));
    }

    private String label() {
        return Names.CLUSTER_LABEL + "=" + names.cluster();
    }

    private static String name(HasMetadata object) {
        return object.getMetadata().getName();
    }

    private void add(HasMetadata object, String sentence) {
        String name = name(object);
        found.add(new RefusedWrite(
                object.getKind(), name, RefusedWrite.Reason.NOT_OURS, object.getKind() + " " + name + " " + sentence));
    }
}
