package io.raftgres.node.service.watch;

/**
 * One watch. While it is in the hub's index its fields are the hub thread's; while it is behind, those of the one
 * thread that brings it back. It goes from one to the other through the hub's mailbox and its feed's lock.
 */
public class Watcher {

    final WatchSpec spec;

    /** Set once, before anybody else sees it. */
    WatchFeed feed;

    /** Changes up to this revision have been given to the feed, or are not wanted. */
    long position;

    /** Place in its bucket of the one index that it is in. */
    int slot;

    /** The hub's index that it is in, null for none; of the hub thread only. */
    WatcherIndex index;

    /** Whether it is where the hub is; guarded by the feed's lock. */
    boolean synced;

    /** Nothing is to be given to it any more; written under the feed's lock. */
    volatile boolean closed;

    public Watcher(WatchSpec spec) {
        this.spec = spec;
    }
}
