package io.raftgres.node.consensus;

/** A linearizable read that waits until this node may answer it. Called once, by a thread that must not be blocked. */
public interface PendingRead {

    /** The node's applied state is new enough from now on. */
    void ready();

    /** No leader confirmed it in time: not done. */
    void failed();

    /** This node cannot answer it in time, and another may. @param why a sentence */
    default void unavailable(String why) {
        failed();
    }

    /** @return {@code System.nanoTime()} until which it is worth trying */
    long deadlineNanos();
}
