package io.raftgres.operator.plan;

import io.raftgres.operator.model.ClaimKind;
import io.raftgres.operator.model.ForcedRecovery;

/**
 * The next action of the operator. Each step is safe to repeat if the operator stopped before it saw the result. The
 * API server or the cluster refuses a step when the state from which it was planned has changed (uids, replicas).
 */
public sealed interface Step {

    /** @return what identifies the action, whatever it is planned for and from which state */
    default String key() {
        String name = getClass().getSimpleName();
        return switch (this) {
            case MarkFormed it -> name + " " + it.clusterId();
            case CreateSet it -> name;
            case SetReplicas it -> name + " " + it.to();
            case TransferLeadership it -> name + " " + it.to();
            case RemoveMember it -> name + " " + it.memberId();
            case RestartPod it -> name + " " + it.ordinal();
            case DeleteClaim it -> name + " " + it.kind() + " " + it.ordinal();
            case ResizeClaim it -> name + " " + it.kind() + " " + it.ordinal() + " " + it.bytes();
            case RecreateSet it -> name;
            case StartRecovery it -> name + " " + it.recovery().member();
            case EndRecovery it -> name + " " + it.recovery().member();
            case RemoveRecovery it -> name;
            case Wait it -> name;
            case Done it -> name;
        };
    }

    /** Records in the ConfigMap and on the claims that the cluster has a leader: from now on blank members join it. */
    record MarkFormed(String clusterId) implements Step {}

    /** Creates the StatefulSet, also when its pods exist already. Refused when there is a StatefulSet. */
    record CreateSet(int replicas, String why) implements Step {}

    /** @param from refused when the StatefulSet has other replicas than these */
    record SetReplicas(int from, int to, String why) implements Step {}

    /** @param to name of the voter that should become the leader */
    record TransferLeadership(String to, String why) implements Step {}

    /** Removes the member from the cluster permanently. */
    record RemoveMember(String name, String memberId, String why) implements Step {}

    /**
     * Deletes the pod; the StatefulSet creates it again. If the pod is not a member, the leader must have confirmed
     * that after the pods were read, as for {@link DeleteClaim}.
     *
     * @param version refused when the pod has changed since: a pod that was down may be up again and needed
     */
    record RestartPod(int ordinal, String version, String why) implements Step {}

    /**
     * Deletes a claim permanently, with its uid as a precondition. The leader must have been asked after the pods were
     * read: a pod may have joined in between.
     */
    record DeleteClaim(ClaimKind kind, int ordinal, String uid, String why) implements Step {}

    record ResizeClaim(ClaimKind kind, int ordinal, String uid, long bytes) implements Step {}

    /**
     * Deletes the StatefulSet and keeps its pods; it is then created again. Its claim templates cannot be changed
     * otherwise.
     */
    record RecreateSet(String uid, String why) implements Step {}

    /** Runs the node's recovery on the data of this member, while no pod of the cluster runs. */
    record StartRecovery(ForcedRecovery recovery) implements Step {}

    /**
     * Records that the recovery has finished. The order makes a stop at any point safe: it removes the old cluster's id
     * from the ConfigMap and the claims (formed stays true), sets status.recoveredFrom, and deletes the recovery's pod.
     */
    record EndRecovery(ForcedRecovery recovery) implements Step {}

    /**
     * Removes the pod of a recovery that has changed no data, or that is recorded as finished.
     *
     * @param version refused when the pod has changed since: the recovery may have started
     */
    record RemoveRecovery(String version, String why) implements Step {}

    /**
     * @param reason what the operator waits for, in one sentence for people
     * @param stuck an administrator has to act
     */
    record Wait(String reason, boolean stuck) implements Step {}

    /** The cluster is as its spec says. */
    record Done() implements Step {}
}
