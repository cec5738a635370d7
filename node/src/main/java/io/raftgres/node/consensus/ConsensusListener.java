package io.raftgres.node.consensus;

import io.raftgres.node.peer.Frame;

/** Hears what concerns the service layer. Called on the raft thread and on the peers' threads: hands on quickly. */
public interface ConsensusListener {

    /** @param leader {@link io.raftgres.raft.Member#NONE} when none is known now */
    void leaderChanged(long leader);

    void received(long from, Frame.ForwardRequest request);

    void received(Frame.ForwardResponse response);

    void received(long from, Frame.NodeStatus status);

    default void received(long from, Frame.SnapshotRequest request) {}

    default void received(long from, Frame.SnapshotResponse response) {}

    /** The connection to this member broke. */
    void unreachable(long member);
}
