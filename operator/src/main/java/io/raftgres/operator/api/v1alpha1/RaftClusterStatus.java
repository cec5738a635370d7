package io.raftgres.operator.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** How a cluster is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RaftClusterStatus(
        @JsonPropertyDescription("Generation of the spec that this status is about.")
        Long observedGeneration,

        @StatusReplicas @JsonPropertyDescription("How many pods there are.")
        Integer replicas,

        @JsonPropertyDescription("How many of them are ready.")
        Integer readyReplicas,

        @LabelSelector @JsonPropertyDescription("Selects the pods, for 'kubectl scale' and autoscalers.")
        String selector,

        @JsonPropertyDescription("Identity of the cluster: 16 hexadecimal digits.")
        String clusterId,

        @JsonPropertyDescription("Name of the leader; absent when a majority knows none.")
        String leader,

        @JsonPropertyDescription("Raft's term.") Long term,

        @JsonPropertyDescription("Voters that are connected, of all voters: 3/3.")
        String quorum,

        @JsonPropertyDescription("Version of the nodes; of the oldest while they differ.")
        String version,

        @JsonPropertyDescription("Image of the nodes.") String image,

        @JsonPropertyDescription("What the operator waits for, in one line; absent when all is as wanted.")
        String waitingFor,

        @JsonPropertyDescription("The members, by name.") List<MemberStatus> members,

        @JsonPropertyDescription("Id of the cluster that a forced new cluster was last made from.")
        String recoveredFrom,

        @JsonPropertyDescription("Ready, Progressing, Degraded, QuorumAvailable and Paused.")
        List<Condition> conditions) {

    /** One member, as the leader sees it; without a leader, as one of the nodes that answer sees it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record MemberStatus(
            @JsonPropertyDescription("Name of the member, and of its pod.")
            String name,

            @JsonPropertyDescription("Its identity: 16 hexadecimal digits. A member that lost its data gets another.")
            String id,

            @JsonPropertyDescription("leader, follower or learner.")
            String role,

            @JsonPropertyDescription("serving, rebuilding or unreachable.")
            String state,

            @JsonPropertyDescription("Up to which index its log is known to be the leader's.")
            Long matchIndex,

            @JsonPropertyDescription("How many entries that is behind the leader's log.")
            Long lag,

            @JsonPropertyDescription("Version of the node.") String version,

            @JsonPropertyDescription("What is wrong with it.")
            List<String> alarms) {}
}
