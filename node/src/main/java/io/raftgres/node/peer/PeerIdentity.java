package io.raftgres.node.peer;

import io.raftgres.raft.Member;
import java.util.Objects;

/**
 * A node's identity when it connects.
 *
 * @param clusterId nodes of different clusters refuse each other
 * @param name for log lines only
 * @param incarnation number that identifies its log: a new number means that the old log was lost
 * @param peerAddress {@code host:port} where others can dial it, sent to nodes that do not know it yet
 */
public record PeerIdentity(long clusterId, long memberId, String name, long incarnation, String peerAddress) {
    public PeerIdentity {
        Objects.requireNonNull(name);
        Objects.requireNonNull(peerAddress);
        if (memberId == Member.NONE) {
            throw new IllegalArgumentException("member id 0 is reserved");
        }
    }
}
