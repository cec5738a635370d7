package io.raftgres.operator.plan;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The input of a plan: the spec, and the current state, read just now from the API server and from the nodes.
 *
 * @param cluster name of the RaftCluster; member i is the pod {@code <cluster>-i}
 * @param formed the cluster has had a leader before: blank members join it instead of beginning a new one. Kept in the
 *     ConfigMap {@code <cluster>-bootstrap}, and on the claims, so that it outlives the RaftCluster as the data does
 * @param clusterId recorded there when it formed, 16 hexadecimal digits; empty when not formed, and from the end of a
 *     recovery until its new cluster has a leader
 * @param firstMembers number of members with which a new cluster begins, according to the ConfigMap; used only while
 *     not formed. Written once from the spec's replicas, before the first claim, and never changed
 * @param set the StatefulSet, empty when there is none
 * @param pods those of the StatefulSet, by ordinal
 * @param claims those of the members' data (and logs), also of ordinals without a pod
 * @param raft the state that the nodes report, asked for after all else was read; empty when no node answers
 * @param recovery the recovery that runs or ran in the pod {@code <cluster>-recovery}; empty without that pod
 */
public record Observed(
        String cluster,
        Wanted wanted,
        boolean formed,
        Optional<String> clusterId,
        int firstMembers,
        Optional<SetView> set,
        List<PodView> pods,
        List<ClaimView> claims,
        Optional<RaftView> raft,
        Optional<RecoveryView> recovery) {

    /** @return the recovery that has a pod, or else the one that the spec asks for */
    public Optional<Recovery> recovering() {
        return recovery.map(RecoveryView::of).or(wanted::recovery);
    }

    /**
     * @param paused the operator must change nothing
     * @param recovery a recovery that the spec asks for and that has not finished
     * @param dataBytes wanted size of each data claim
     * @param logBytes wanted size of each log claim, when logs have claims of their own
     */
    public record Wanted(
            int replicas,
            boolean paused,
            boolean hibernated,
            long dataBytes,
            OptionalLong logBytes,
            Optional<Recovery> recovery) {}

    /**
     * @param member name of the member whose data becomes the new cluster
     * @param clusterId of the cluster that lost its quorum
     */
    public record Recovery(String member, String clusterId) {}

    /**
     * @param replicas spec.replicas
     * @param revision of the pod template that new pods get
     * @param dataBytes size in its claim template
     * @param logBytes the same for the log's
     */
    public record SetView(String uid, int replicas, String revision, long dataBytes, OptionalLong logBytes) {}

    /**
     * @param version resource version of the pod as it was read: it differs once anything of the pod has changed, or it
     *     is another pod
     * @param ready Kubernetes counts it as ready
     * @param current it has the StatefulSet's newest revision
     * @param removed the node reports that the cluster has removed the member to which its data belongs
     * @param trouble why it does not run and what to do, in a sentence; empty when it runs or has just started. A pod
     *     that is not ready because the cluster has no leader has no trouble; one that has not started after minutes
     *     has
     * @param silence why its node gave the operator no status; empty when it did, and when it was not asked
     */
    public record PodView(
            int ordinal,
            String version,
            boolean ready,
            boolean current,
            boolean terminating,
            boolean removed,
            Optional<String> trouble,
            Optional<String> silence) {}

    public enum ClaimKind {
        DATA,
        LOG
    }

    /**
     * @param bytes requested size
     * @param canGrow its storage class allows expansion
     */
    public record ClaimView(
            ClaimKind kind, int ordinal, String uid, long bytes, boolean canGrow, boolean terminating) {}

    /**
     * @param leader name of the leader, when a majority of the voters follows one; then that leader reported all of
     *     this
     */
    public record RaftView(String clusterId, long term, Optional<String> leader, List<MemberView> members) {
        public Optional<MemberView> member(String name) {
            return members.stream().filter(member -> member.name().equals(name)).findFirst();
        }
    }

    /**
     * @param id 16 hexadecimal digits
     * @param serving it answers, and it is not rebuilding its state
     * @param connected the leader hears from it, or it is the leader; without a leader: it answers the operator
     * @param matchIndex highest index up to which the leader knows that its log matches; without a leader, the last
     *     known index of its own log, 0 when unknown
     * @param lag number of entries by which it is behind the leader; 0 without a leader
     */
    public record MemberView(
            String name,
            String id,
            boolean voter,
            boolean serving,
            boolean connected,
            long matchIndex,
            long lag,
            List<String> alarms,
            String version) {}

    /** The phase of the recovery's pod. PENDING: none of its containers has run yet. */
    public enum RecoveryPhase {
        PENDING,
        RUNNING,
        SUCCEEDED,
        FAILED
    }

    /**
     * The recovery in the pod {@code <cluster>-recovery}.
     *
     * @param of the recovery that it was started for
     * @param version resource version of the pod as it was read: it differs once anything of the pod has changed
     * @param message why it does not run, or failed
     */
    public record RecoveryView(Recovery of, RecoveryPhase phase, String version, String message) {}
}
