package io.raftgres.operator.model;

import java.util.List;
import java.util.Optional;

/**
 * The members as the nodes report them.
 *
 * @param leader name of the leader, when a majority of the voters follows one; then that leader reported all of
 *     this
 */
public record RaftView(String clusterId, long term, Optional<String> leader, List<MemberView> members) {
    public Optional<MemberView> member(String name) {
        return members.stream().filter(member -> member.name().equals(name)).findFirst();
    }
}
