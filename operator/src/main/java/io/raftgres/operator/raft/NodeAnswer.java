package io.raftgres.operator.raft;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/** What one node said when it was asked about its cluster. */
public sealed interface NodeAnswer {

    /** It takes part. */
    record View(ClusterView cluster) implements NodeAnswer {}

    /** The cluster has removed the identity that its data has: it serves never more. */
    record Removed() implements NodeAnswer {}

    /** It said nothing of use. */
    record Silent(String reason) implements NodeAnswer {}

    /** GET /v1/cluster. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record ClusterView(String clusterId, String self, long term, Leader leader, List<Member> members) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Leader(String id, String name) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Member(
            String id,
            String name,
            String role,
            boolean voter,
            long commitIndex,
            long matchIndex,
            long lag,
            String state,
            List<String> alarms,
            String version) {}
}
