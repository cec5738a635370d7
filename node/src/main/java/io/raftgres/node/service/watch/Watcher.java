package io.raftgres.node.service.watch;

/**
 * One watch. While it is in the hub's index its fields are the hub thread's; while it is behind, those of the one
 * thread that brings it back. It goes from one to the other through the hub's mailbox and its feed's lock.
 */
public class Watcher {

    final WatchSpec spec;

    /** Set once, before another thread sees it. */
    WatchFeed feed;

    /** Changes up to this revision have been given to the feed, or are before the watch's start. */
    long position;

    /** Position in its bucket of the index that contains it. */
    int slot;

    /** The hub's index that it is in, null for none; of the hub thread only. */
    WatcherIndex index;

    /** Whether the watcher is at the hub's position; guarded by the feed's lock. */
    boolean synced;

    /** It gets no more deliveries; written under the feed's lock. */
    volatile boolean closed;

    public Watcher(WatchSpec spec) {
        this.spec = spec;
    }
}
