package io.raftgres.node.peer;

/**
 * Hears what arrives from other nodes. Called on the transport's threads, for one connection one call at a time: a
 * call that takes long holds up that peer (which is how a receiver slows its sender down), never another.
 */
public interface PeerListener {

    /**
     * A frame has arrived whole and well-formed. The content has not been judged.
     *
     * @param from a node of our cluster, not necessarily one that we know: a new member hears from its leader first
     */
    void received(long from, Frame frame);

    /** The peer can be reached, for the first time or again. */
    default void connected(long peer) {}

    /** A connection from or to the peer broke, or the first attempt to connect failed. Once for each loss. */
    default void unreachable(long peer) {}

    /**
     * The connection to a peer is gone without a call of {@link #unreachable}, which came before or does not come
     * because the peer lives elsewhere: what was sent may be lost.
     */
    default void undelivered(long peer) {}

    /**
     * A node of our cluster wants to connect.
     *
     * @return null when it may; otherwise a sentence that says that it was removed
     */
    default String removed(long from) {
        return null;
    }

    /** A member says that this node was removed from the cluster. */
    default void weAreRemoved(String reason) {}

    /**
     * @return whether the cluster's log may hold what releases before {@link Introduction#VERSION} of the handshake end
     *     at: their nodes are not let in any more
     */
    default boolean olderReleasesEnd() {
        return false;
    }

    /** @return whether this node may have promised something with its log */
    default boolean hasBegun() {
        return true;
    }

    /**
     * A node of our cluster has introduced itself. Asked of each that connects, and of one that was no member then with
     * each of its packets: it may become one. That a member has ever connected, and with which log, is durable when
     * this returns.
     */
    default Reception receive(long from, Introduction introduction) {
        return Reception.OF_A_STRANGER;
    }

    /** The peer has written down which log this node has, and knew no other. @param blank so is the peer's own log */
    default void vouched(long peer, boolean blank) {}

    /** A member knows this node with another log, and lets it in only as somebody new. */
    default void weAreKnownWithAnotherLog(String reason) {}

    /** A handshake failed, on either side; at most once in a few seconds. @param reason a sentence for people */
    default void refused(String reason) {}
}
