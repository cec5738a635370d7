package io.raftgres.node.peer;

import io.raftgres.raft.Member;
import java.util.Objects;

/**
 * Who a node says it is when it connects.
 *
 * @param clusterId nodes of different clusters never talk
 * @param name for log lines only
 */
public record PeerIdentity(long clusterId, long memberId, String name) {
    public PeerIdentity {
        Objects.requireNonNull(name);
        if (memberId == Member.NONE) {
            throw new IllegalArgumentException("member id 0 is reserved");
        }
    }
}
