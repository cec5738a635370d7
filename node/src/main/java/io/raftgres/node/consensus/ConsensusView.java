package io.raftgres.node.consensus;

import io.raftgres.raft.Membership;
import io.raftgres.raft.Role;
import java.util.Map;

/**
 * What the raft thread last made known of itself; read by any thread.
 *
 * @param membership the latest in the log, committed or not
 * @param matches on the leader: up to which index it knows each member's log to be its own, as of the last 100 ms
 */
public record ConsensusView(
        Role role,
        long term,
        long leader,
        long commitIndex,
        long lastIndex,
        long durableIndex,
        long matchedByAll,
        long uncommittedBytes,
        Membership membership,
        Membership committedMembership,
        Map<Long, Long> matches) {

    public boolean leads() {
        return role == Role.LEADER;
    }
}
