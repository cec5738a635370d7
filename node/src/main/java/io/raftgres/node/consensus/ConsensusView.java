package io.raftgres.node.consensus;

import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Role;
import java.util.Map;

/**
 * The latest status published by the raft thread; read by any thread.
 *
 * @param lastTerm term of the last entry: candidates are compared by it, then by {@code lastIndex}
 * @param membership the latest in the log, committed or not
 * @param vouched false: this member's log is blank, and it has no vote until enough others vouch for it
 * @param matches on the leader: the index up to which it knows each member's log to match, at most 100 ms old
 */
public record ConsensusView(
        Role role,
        long term,
        long leader,
        long commitIndex,
        long lastIndex,
        long lastTerm,
        long durableIndex,
        long matchedByAll,
        long uncommittedBytes,
        Membership membership,
        Membership committedMembership,
        boolean vouched,
        Map<Long, Long> matches) {

    public boolean leads() {
        return role == Role.LEADER;
    }

    /** @return whether no promise was ever made with this member's log: no vote, no entry */
    public boolean isBlank() {
        return term == 0 && lastIndex == 0;
    }

    /** @return the member's name, or its id in hexadecimal digits when it is not in the membership */
    public String nameOf(long member) {
        return membership.member(member).map(Member::name).orElse(Long.toHexString(member));
    }
}
