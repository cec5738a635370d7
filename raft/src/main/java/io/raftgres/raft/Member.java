package io.raftgres.raft;

import java.util.Objects;

/**
 * A member of the cluster as the replicated log knows it.
 *
 * @param id permanent identity, never 0; a removed member never returns under it
 * @param name display name, such as {@code node1}
 * @param voter true: counts in quorums; false: a learner, which only receives the log (thesis, section 4.2.1)
 * @param peerAddress {@code host:port} where the other members reach it
 * @param clientAddress URL where clients reach it
 */
public record Member(long id, String name, boolean voter, String peerAddress, String clientAddress) {

    /** No member: the absent vote, the unknown leader. */
    public static final long NONE = 0;

    public Member {
        Objects.requireNonNull(name);
        Objects.requireNonNull(peerAddress);
        Objects.requireNonNull(clientAddress);
        if (id == NONE) {
            throw new IllegalArgumentException("member id 0 is reserved");
        }
    }

    public Member asVoter() {
        return new Member(id, name, true, peerAddress, clientAddress);
    }
}
