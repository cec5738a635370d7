package io.raftgres.operator.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
 * @param refused the writes that were refused, and stand
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
        Optional<RecoveryView> recovery,
        List<RefusedWrite> refused) {

    /** @return the recovery that has a pod, or else the one that the spec asks for */
    public Optional<ForcedRecovery> recovering() {
        return recovery.map(RecoveryView::of).or(wanted::recovery);
    }

    /** @return the same as it would be seen if spec.paused were false */
    public Observed resumed() {
        return new Observed(
                cluster, wanted.resumed(), formed, clusterId, firstMembers, set, pods, claims, raft, recovery, refused);
    }

    /**
     * @return why pods do not run and what to do, one line for each trouble with the names of all pods that have it
     */
    public List<String> troubles() {
        Map<String, List<String>> pods = new LinkedHashMap<>();
        for (PodView pod : this.pods) {
            pod.trouble()
                    .ifPresent(trouble -> pods.computeIfAbsent(trouble, each -> new ArrayList<>())
                            .add(names().member(pod.ordinal())));
        }
        return pods.entrySet().stream()
                .map(each -> String.join(", ", each.getValue()) + ": " + each.getKey())
                .toList();
    }

    public MemberNames names() {
        return new MemberNames(cluster);
    }
}
