package io.raftgres.node.consensus;

import io.raftgres.raft.Membership;
import io.raftgres.raft.Role;

/** What the raft thread last made known of itself; read by any thread. */
public record ConsensusView(
        Role role,
        long term,
        long leader,
        long commitIndex,
        long lastIndex,
        long durableIndex,
        long matchedByAll,
        long uncommittedBytes,
        Membership membership) {

    public boolean leads() {
        return role == Role.LEADER;
    }
}
