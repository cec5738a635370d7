package io.raftgres.operator.raft;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/** The response of one node to the question for its cluster's status. */
public sealed interface NodeResponse {

    /** The node is a member and reports the cluster's status. */
    record View(ClusterView cluster) implements NodeResponse {}

    /**
     * The cluster has removed the member to which the node's data belongs. The node never serves again with this data.
     */
    record Removed() implements NodeResponse {}

    /**
     * The node gave no usable response.
     *
     * @param reached the pod itself was reached: no process listens on the node's port, or the node sent an error. So
     *     the node serves no cluster at this moment
     */
    record Silent(String reason, boolean reached) implements NodeResponse {}

    /** The response of {@code GET /v1/cluster}. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record ClusterView(String clusterId, String self, long term, Leader leader, List<Member> members) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Leader(String id, String name) {}

    /** @param lastTerm of the last entry of its log; like {@code lastIndex} null from releases that do not report it */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Member(
            String id,
            String name,
            String role,
            boolean voter,
            long commitIndex,
            Long lastTerm,
            Long lastIndex,
            long matchIndex,
            long lag,
            String state,
            List<String> alarms,
            String version,
            String clientAddress) {}
}
