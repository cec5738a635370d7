package io.raftgres.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
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

    /** @return the object, if it exists and has the cluster's label; without the label it is foreign */
    <T extends HasMetadata> Optional<T> ours(T object) {
        if (object == null || names.isLabelled(object)) {
            return Optional.ofNullable(object);
        }
        add(
                object,
                "exists already, and does not belong to RaftCluster " + names.cluster()
                        + ": it does not have the label "
                        + label() + ". The operator does not change it, and waits. Delete it, or give the RaftCluster"
                        + " another name; if it is this RaftCluster's, give it the label again");
        return Optional.empty();
    }

    /** @param objection why the cluster does not adopt the claim */
    void claim(HasMetadata claim, String objection) {
        if (claim.getMetadata().getDeletionTimestamp() != null) {
            add(claim, "of another program is being deleted. The operator waits until it is gone");
            return;
        }
        add(
                claim,
                "exists already, and RaftCluster " + names.cluster() + " does not adopt it: " + objection
                        + ". A pod would mount it, so the operator waits. Delete the claim, or give the RaftCluster"
                        + " another name; if the claim has this cluster's data: kubectl label pvc "
                        + claim.getMetadata().getName() + " " + label());
    }

    private String label() {
        return Names.CLUSTER_LABEL + "=" + names.cluster();
    }

    private void add(HasMetadata object, String sentence) {
        String name = object.getMetadata().getName();
        found.add(new RefusedWrite(
                object.getKind(), name, RefusedWrite.Reason.NOT_OURS, object.getKind() + " " + name + " " + sentence));
    }
}
