package io.raftgres.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.Optional;

/**
 * The cluster as one node sees it.
 *
 * @param clusterId 16 hexadecimal digits
 * @param self the answering node's member id
 * @param leader null when none is known
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ClusterStatus(String clusterId, String self, long term, Leader leader, List<Member> members) {

    public ClusterStatus {
        members = members == null ? List.of() : List.copyOf(members);
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Leader(String id, String name) {}

    /**
     * @param role leader, follower, learner, candidate or unreachable
     * @param commitIndex last heard of by the answering node, as the other numbers
     * @param hash set hash of the live rows at {@code hashIndex}: equal on all members at an equal index
     * @param ageMillis how old these figures are
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Member(
            String id,
            String name,
            String role,
            boolean voter,
            String peerAddress,
            String clientAddress,
            long term,
            long commitIndex,
            long appliedIndex,
            long storedIndex,
            long revision,
            String hash,
            long hashIndex,
            String version,
            long ageMillis) {}

    /** @return the leader's row, if a leader is known */
    public Optional<Member> leaderMember() {
        return leader == null
                ? Optional.empty()
                : members.stream().filter(member -> member.id().equals(leader.id())).findFirst();
    }
}
