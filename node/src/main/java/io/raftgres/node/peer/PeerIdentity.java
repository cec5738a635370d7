package io.raftgres.node.peer;

import io.raftgres.raft.Member;
import java.util.Objects;

/**
 * Who a node says it is when it connects.
 *
 * @param clusterId nodes of different clusters never talk
 * @param name for log lines only
 * @param incarnation number of its log: another one means that the log was lost
 * @param peerAddress {@code host:port} where others can dial it, told to those that do not know it yet
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
