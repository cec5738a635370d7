package io.raftgres.operator.raft;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The response of one node to the question for its cluster's status. */
public sealed interface NodeResponse {

    /** The node is a member and reports the cluster's status. */
    record View(ClusterView cluster) implements NodeResponse {}

    /**
     * The cluster has removed the member to which the node's data belongs. The node never serves again with this data.
     */
    record Removed() implements NodeResponse {}

    /** The node gave no usable response. */
    record Silent(String reason, Contact contact) implements NodeResponse {}

    /** What is known of a node that gives no usable response. */
    enum Contact {
        /** Nothing: it may serve behind a cut. */
        NONE,
        /** The connection was refused: no process listens at the port, or a firewall rejects the operator. */
        REFUSED,
        /** The node itself sent an error. So it serves no cluster at this moment. */
        ERROR
    }

    /** The response of {@code GET /v1/cluster}. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record ClusterView(String clusterId, String self, long term, Leader leader, List<Member> members) {

        /** @return whether it has what each release reports. Another program at the port may send any JSON */
        boolean isWhole() {
            return noneIsNull(clusterId, self, members)
                    && (leader == null || noneIsNull(leader.id(), leader.name()))
                    && members.stream().allMatch(Member::isWhole);
        }
    }

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
            String clientAddress) {

        private static boolean isWhole(Member member) {
            return member != null && noneIsNull(member.id, member.name, member.role, member.state, member.alarms);
        }
    }

    private static boolean noneIsNull(Object... values) {
        return Stream.of(values).allMatch(Objects::nonNull);
    }
}
