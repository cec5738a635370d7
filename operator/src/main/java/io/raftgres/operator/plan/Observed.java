package io.raftgres.operator.plan;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * All that a plan is made from: what is wanted, and what is there, read from the API server and from the nodes just
 * now.
 *
 * @param cluster name of the RaftCluster; member i is the pod {@code <cluster>-i}
 * @param formed the cluster has had a leader once: blank members join it instead of beginning a new one. Kept in the
 *     ConfigMap {@code <cluster>-bootstrap}, and on the claims, so that it outlives the RaftCluster as the data does
 * @param clusterId noted there when it was formed, 16 hexadecimal digits; empty when not formed, and from the end of a
 *     recovery until its new cluster has a leader
 * @param firstMembers how many members the ConfigMap names for a new cluster to begin with; only of use while not
 *     formed. Written once from the spec's replicas, before the first claim, and never changed
 * @param set the StatefulSet, empty when there is none
 * @param pods those of the StatefulSet, by ordinal
 * @param claims those of the members' data (and logs), also of ordinals without a pod
 * @param raft what the nodes say, asked after all else was read; empty when none answers
 * @param recovery what runs or ran in the pod {@code <cluster>-recovery}; empty when there is none
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

    /** @return the recovery that is under way, or else asked for */
    public Optional<Recovery> recovering() {
        return recovery.map(RecoveryView::of).or(wanted::recovery);
    }

    /**
     * @param paused nothing is to be changed
     * @param recovery a recovery that is asked for and has not been done
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
     * @param member name of the member that becomes the new cluster @param clusterId of the cluster that lost its
     * quorum
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
     * @param version of what was seen: another as soon as anything of the pod has changed, or it is another pod
     * @param ready as Kubernetes judges
     * @param current it is of the StatefulSet's revision
     * @param removed the node says that the cluster has removed the identity that its data has
     * @param trouble why it does not run, in a sentence that names what to do; empty when it runs or just starts. Not
     *     being ready because the cluster has no leader is no trouble; not having started after minutes is
     * @param silence why its node told the operator nothing; empty when it did, and when it was not asked
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
     * @param bytes requested
     * @param canGrow its storage class allows that
     */
    public record ClaimView(
            ClaimKind kind, int ordinal, String uid, long bytes, boolean canGrow, boolean terminating) {}

    /**
     * @param leader name of the leader, when a majority of the voters has one; then all of this is what that leader
     * says
     */
    public record RaftView(String clusterId, long term, Optional<String> leader, List<MemberView> members) {
        public Optional<MemberView> member(String name) {
            return members.stream().filter(member -> member.name().equals(name)).findFirst();
        }
    }

    /**
     * @param id 16 hexadecimal digits
     * @param serving it answers, and its state is in order
     * @param connected the leader hears it, or it is the leader; without a leader: it answers
     * @param matchIndex up to which index the leader knows its log; without a leader, the last index that its own log
     *     is known to have, 0 when nothing is known
     * @param lag entries that it is behind the leader; 0 without a leader
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

    /** PENDING: nothing of it has run yet. */
    public enum RecoveryPhase {
        PENDING,
        RUNNING,
        SUCCEEDED,
        FAILED
    }

    /**
     * What runs or ran in the pod {@code <cluster>-recovery}.
     *
     * @param of what it was started for
     * @param version of what was seen: another as soon as anything of it has changed
     * @param message why it does not run, or failed
     */
    public record RecoveryView(Recovery of, RecoveryPhase phase, String version, String message) {}
}
