package io.raftgres.node.consensus;

/**
 * A linearizable read that waits until this node may answer it. One of its methods is called once, by a thread that
 * must not be blocked.
 */
public interface PendingRead {

    /** The node's applied state is new enough from now on. */
    void ready();

    /** No leader confirmed the read in time: it was not done. */
    void failed();

    /** This node cannot answer the read in time, but another node may. @param why a sentence */
    default void unavailable(String why) {
        failed();
    }

    /** @return {@code System.nanoTime()} until which the node may try */
    long deadlineNanos();
}
