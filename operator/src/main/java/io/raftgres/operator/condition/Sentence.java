package io.raftgres.operator.condition;

import io.raftgres.operator.model.MemberNames;
import io.raftgres.operator.plan.Step;

/** A step in words, for conditions and events. */
public final class Sentence {

    private Sentence() {}

    public static String of(MemberNames names, Step step) {
        return switch (step) {
            case Step.MarkFormed mark -> "records that the cluster has formed: its id is " + mark.clusterId();
            case Step.CreateSet set -> "creates the StatefulSet with " + replicas(set.replicas()) + ": " + set.why();
            case Step.SetReplicas set -> "scales from " + set.from() + " to " + replicas(set.to()) + ": " + set.why();
            case Step.TransferLeadership transfer -> "transfers leadership to " + transfer.to() + ": " + transfer.why();
            case Step.RemoveMember remove ->
                "removes " + remove.name() + " (" + remove.memberId() + ") from the cluster: " + remove.why();
            case Step.RestartPod restart -> "restarts " + names.member(restart.ordinal()) + ": " + restart.why();
            case Step.DeleteClaim delete ->
                "deletes claim " + names.claim(delete.kind(), delete.ordinal()) + ": " + delete.why();
            case Step.ResizeClaim resize ->
                "resizes claim " + names.claim(resize.kind(), resize.ordinal()) + " to " + resize.bytes() + " bytes";
            case Step.RecreateSet recreate -> "creates the StatefulSet again and keeps its pods: " + recreate.why();
            case Step.StartRecovery start ->
                "makes a new cluster from the data of " + start.recovery().member() + ", a member of cluster "
                        + start.recovery().clusterId() + ", which has lost its quorum";
            case Step.EndRecovery end -> "the recovery of " + end.recovery().member() + " has finished";
            case Step.RemoveRecovery remove -> "removes the pod " + names.cluster() + "-recovery: " + remove.why();
            case Step.Wait wait -> wait.reason();
            case Step.Done done -> "the cluster is as its spec says";
        };
    }

    private static String replicas(int count) {
        return count == 1 ? "1 replica" : count + " replicas";
    }
}
