package io.raftgres.node.snapshot;

import io.raftgres.node.peer.Frame;

/** Sends a frame to a member, without waiting. */
@FunctionalInterface
public interface SnapshotSender {
    /** @return false when it was dropped: not connected, or the queue is full */
    boolean send(long to, Frame frame);
}
