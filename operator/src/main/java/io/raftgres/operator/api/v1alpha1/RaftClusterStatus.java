package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** The status of a cluster. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RaftClusterStatus(
        @JsonPropertyDescription("Generation of the spec that this status describes.")
        Long observedGeneration,

        @JsonPropertyDescription("The state in one word. Ready: the cluster is as its spec says, and every member"
                + " serves. Progressing: the operator changes it, or waits for members. Paused and Hibernated: as the"
                + " spec says. Stuck: an administrator must act; waitingFor says why, and what to do.")
        String state,

        @StatusReplicas @JsonPropertyDescription("Number of pods.")
        Integer replicas,

        @JsonPropertyDescription("Number of pods that are ready.")
        Integer readyReplicas,

        @JsonPropertyDescription("Number of pods that are of the current spec.")
        Integer updatedReplicas,

        @LabelSelector @JsonPropertyDescription("Selects the pods, for 'kubectl scale' and autoscalers.")
        String selector,

        @JsonPropertyDescription("Identity of the cluster: 16 hexadecimal digits.")
        String clusterId,

        @JsonPropertyDescription("Name of the leader; absent when no majority of the voters follows one.")
        String leader,

        @JsonPropertyDescription("Raft's current term.") Long term,

        @JsonPropertyDescription("Connected voters and all voters, such as 3/3.")
        String quorum,

        @JsonPropertyDescription(
                "Version of the nodes; the oldest one while they differ, the last known one" + " while none answers.")
        String version,

        @JsonPropertyDescription("Image of the nodes.") String image,

        @JsonPropertyDescription(
                "What the operator waits for or does, in one line; absent when the cluster is as its" + " spec says.")
        String waitingFor,

        @JsonPropertyDescription("The members, by name; at most 32, voters first.")
        List<MemberStatus> members,

        @JsonPropertyDescription("Id of the cluster from whose data the last forced new cluster was made.")
        String recoveredFrom,

        @JsonPropertyDescription("Ready, Reconciled, Progressing, Degraded, QuorumAvailable and Paused.")
        List<Condition> conditions) {

    /** @return the status of a cluster that has not been observed */
    public static RaftClusterStatus none() {
        return new RaftClusterStatus(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, List.of());
    }

    /** @return the same status with another state, sentence and conditions */
    public RaftClusterStatus with(String state, String waitingFor, List<Condition> conditions) {
        return new RaftClusterStatus(
                observedGeneration,
                state,
                replicas,
                readyReplicas,
                updatedReplicas,
                selector,
                clusterId,
                leader,
                term,
                quorum,
                version,
                image,
                waitingFor,
                members,
                recoveredFrom,
                conditions);
    }

    /** One member, as the leader reports it; without a leader, as one of the answering nodes reports it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record MemberStatus(
            @JsonPropertyDescription("Name of the member, and of its pod.")
            String name,

            @JsonPropertyDescription(
                    "Id of the member: 16 hexadecimal digits. A member that lost its data gets a new" + " id.")
            String id,

            @JsonPropertyDescription("leader, follower or learner.")
            String role,

            @JsonPropertyDescription("serving, rebuilding or unreachable.")
            String state,

            @JsonPropertyDescription(
                    "Highest index up to which its log is known to match the leader's log; absent without a leader.")
            Long matchIndex,

            @JsonPropertyDescription(
                    "Number of entries by which it is behind the leader's log; absent without a leader.")
            Long lag,

            @JsonPropertyDescription("Term of the last entry of its log; only without a leader. A member with a higher"
                    + " last term has newer entries; with equal last terms, the one with the higher last index has"
                    + " more. Absent for members that do not answer, and for releases that do not report it.")
            Long lastTerm,

            @JsonPropertyDescription("Index of the last entry of its log; present with lastTerm.")
            Long lastIndex,

            @JsonPropertyDescription("Version of the node.") String version,

            @JsonPropertyDescription("Alarms of the member.")
            List<String> alarms) {}
}
