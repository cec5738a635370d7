package io.raftgres.operator.status;

import io.raftgres.operator.plan.Observed;
import io.raftgres.operator.plan.Observed.ClaimKind;
import io.raftgres.operator.plan.Step;

/** A step in words, for conditions and events. */
public final class Sentence {

    private Sentence() {}

    public static String of(Observed seen, Step step) {
        String c = seen.cluster();
        return switch (step) {
            case Step.MarkFormed mark -> "records that the cluster has formed: its id is " + mark.clusterId();
            case Step.CreateSet set -> "creates the StatefulSet with " + replicas(set.replicas()) + ": " + set.why();
            case Step.SetReplicas set -> "scales from " + set.from() + " to " + replicas(set.to()) + ": " + set.why();
            case Step.TransferLeadership transfer -> "transfers leadership to " + transfer.to() + ": " + transfer.why();
            case Step.RemoveMember remove ->
                "removes " + remove.name() + " (" + remove.memberId() + ") from the cluster: " + remove.why();
            case Step.RestartPod restart -> "restarts " + c + "-" + restart.ordinal() + ": " + restart.why();
            case Step.DeleteClaim delete ->
                "deletes claim " + claim(c, delete.kind(), delete.ordinal()) + ": " + delete.why();
            case Step.ResizeClaim resize ->
                "grows claim " + claim(c, resize.kind(), resize.ordinal()) + " to " + resize.bytes() + " bytes";
            case Step.RecreateSet recreate -> "creates the StatefulSet again and keeps its pods: " + recreate.why();
            case Step.StartRecovery start ->
                "makes a new cluster from the data of " + start.recovery().member() + ", a member of cluster "
                        + start.recovery().clusterId() + ", which has lost its quorum";
            case Step.EndRecovery end -> "the recovery of " + end.recovery().member() + " has finished";
            case Step.RemoveRecovery remove -> "removes the pod " + c + "-recovery: " + remove.why();
            case Step.Wait wait -> wait.reason();
            case Step.Done done -> "the cluster is as its spec says";
        };
    }

    private static String replicas(int count) {
        return count == 1 ? "1 replica" : count + " replicas";
    }

    private static String claim(String cluster, ClaimKind kind, int ordinal) {
        return (kind == ClaimKind.DATA ? "data-" : "log-") + cluster + "-" + ordinal;
    }
}
