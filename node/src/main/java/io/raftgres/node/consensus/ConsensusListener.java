package io.raftgres.node.consensus;

import io.raftgres.node.peer.Frame;

/**
 * Receives the events that concern the service layer. Called on the raft thread and on the peers' threads, so it must
 * not block.
 */
public interface ConsensusListener {

    /** @param leader {@link io.raftgres.raft.Member#NONE} when no leader is known */
    default void leaderChanged(long leader) {}

    default void received(long from, Frame.ForwardRequest request) {}

    default void received(Frame.ForwardResponse response) {}

    default void received(long from, Frame.AdminRequest request) {}

    default void received(Frame.AdminResponse response) {}

    default void received(long from, Frame.LeaseRequest request) {}

    default void received(Frame.LeaseResponse response) {}

    default void received(long from, Frame.NodeStatus status) {}

    default void received(long from, Frame.SnapshotRequest request) {}

    default void received(long from, Frame.SnapshotResponse response) {}

    /** A connection from or to this member broke: frames sent to it, and its responses, may be lost. */
    default void unreachable(long member) {}
}
