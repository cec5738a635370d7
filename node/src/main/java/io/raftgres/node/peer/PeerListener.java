package io.raftgres.node.peer;

/**
 * Receives frames and events of other nodes. Called on the transport's threads, one call at a time for each connection.
 * A slow call delays that peer, which is how a receiver slows its sender down, but no other peer.
 */
public interface PeerListener {

    /**
     * A complete and well-formed frame has arrived. Its content has not been checked.
     *
     * @param from a node of this cluster, not necessarily a known one: a new member receives frames from its leader
     *     first
     */
    void received(long from, Frame frame);

    /** The peer is reachable, for the first time or again. */
    default void connected(long peer) {}

    /** A connection from or to the peer broke, or the first attempt to connect failed. Once for each loss. */
    default void unreachable(long peer) {}

    /**
     * The connection to a peer is gone without a call of {@link #unreachable}: that call came before, or does not come
     * because the peer has another address. Frames in flight may be lost.
     */
    default void undelivered(long peer) {}

    /**
     * A node of this cluster wants to connect.
     *
     * @return null when it may; otherwise a sentence that says that it was removed
     */
    default String removed(long from) {
        return null;
    }

    /** A member reports that this node was removed from the cluster. */
    default void weAreRemoved(String reason) {}

    /**
     * @return whether the cluster's log may hold entries that older releases cannot read. Nodes whose handshake version
     *     is below {@link Introduction#VERSION} are then refused
     */
    default boolean olderReleasesEnd() {
        return false;
    }

    /** @return whether this node may have made a promise with its log */
    default boolean hasBegun() {
        return true;
    }

    /**
     * A node of this cluster has introduced itself. Called for each new connection, and for each packet of a node that
     * was not a member at its introduction: it may become one. When this returns, the fact that a member has connected,
     * and the identity of its log, are durably recorded.
     */
    default Reception receive(long from, Introduction introduction) {
        return Reception.OF_A_STRANGER;
    }

    /** The peer has recorded this node's log, and knew no other. @param blank whether the peer's own log is blank */
    default void vouched(long peer, boolean blank) {}

    /** A member knows this node with another log, and admits it only with a new identity. */
    default void weAreKnownWithAnotherLog(String reason) {}

    /** A handshake failed, on either side; at most one call in a few seconds. @param reason a sentence for people */
    default void refused(String reason) {}
}
