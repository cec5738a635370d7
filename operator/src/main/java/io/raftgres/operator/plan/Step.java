package io.raftgres.operator.plan;

/**
 * The one thing that is done next. Each is safe to do again when the operator was stopped before it saw the result, and
 * each is refused by the API server or the cluster when what it was planned from has changed (uids, replicas).
 */
public sealed interface Step {

    /** The cluster has a leader: from now on blank members join it. Written to the ConfigMap and the claims. */
    record MarkFormed(String clusterId) implements Step {}

    /** The StatefulSet is made, or made again around pods that were left without one. Refused when there is one. */
    record CreateSet(int replicas, String why) implements Step {}

    /** @param from refused when the StatefulSet has other replicas than these */
    record SetReplicas(int from, int to, String why) implements Step {}

    /** @param to name of the voter that is to lead */
    record TransferLeadership(String to, String why) implements Step {}

    /** The member leaves for ever. */
    record RemoveMember(String name, String memberId, String why) implements Step {}

    /**
     * Deletes the pod; the StatefulSet makes it anew. Of one that is no member, the leader must have said so after the
     * pods were read, as for {@link DeleteClaim}.
     *
     * @param version refused when anything of the pod is another: one that was down may be back, and be needed
     */
    record RestartPod(int ordinal, String version, String why) implements Step {}

    /**
     * Deletes a claim for ever, with its uid as a precondition. What the leader said must have been asked after the
     * pods were read: a pod may have joined in between.
     */
    record DeleteClaim(Observed.ClaimKind kind, int ordinal, String uid, String why) implements Step {}

    record ResizeClaim(Observed.ClaimKind kind, int ordinal, String uid, long bytes) implements Step {}

    /** The claim template cannot be changed: the StatefulSet is deleted, its pods stay, and it is made anew. */
    record RecreateSet(String uid, String why) implements Step {}

    /** Runs the node's recovery on the data of this member, while no pod of the cluster runs. */
    record StartRecovery(Observed.Recovery recovery) implements Step {}

    /**
     * Notes that the recovery is done. In this order, so that it may stop anywhere: forgets the old cluster's id in the
     * ConfigMap and on the claims (formed stays true); status.recoveredFrom; removes the pod that it ran in.
     */
    record EndRecovery(Observed.Recovery recovery) implements Step {}

    /**
     * Removes the pod of a recovery that has changed nothing, or was noted as done.
     *
     * @param version refused when anything of the pod is another: it may have begun
     */
    record RemoveRecovery(String version, String why) implements Step {}

    /** @param reason what is waited for, in one sentence for people @param stuck a person has to do something */
    record Wait(String reason, boolean stuck) implements Step {}

    /** All is as wanted. */
    record Done() implements Step {}
}
