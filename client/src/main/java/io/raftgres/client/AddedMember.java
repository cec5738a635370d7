package io.raftgres.client;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A member that was added, always as a learner.
 *
 * @param clusterId 16 hexadecimal digits
 * @param members all members with it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record AddedMember(String clusterId, ClusterStatus.Member member, List<ClusterStatus.Member> members) {

    public AddedMember {
        members = members == null ? List.of() : List.copyOf(members);
    }
}
