package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import java.util.function.Consumer;

/** The changes that have left the ring of latest changes. */
@FunctionalInterface
public interface WatchHistory {

    /**
     * Blocks; on a virtual thread.
     *
     * @param until last revision wanted; it left the ring, so it is kept here
     * @param maxChanges it may stop at the end of the revision that reaches this number
     * @param sink gets changes of whole revisions, in order
     * @return the revision up to which the changes are complete
     * @throws io.raftgres.node.kv.ServiceException.Compacted when changes from {@code from} on are not all kept
     * @throws io.raftgres.node.kv.ServiceException.Unavailable when it will not get better
     * @throws io.raftgres.node.kv.StoreUnavailableException when it is to be tried again
     */
    long read(KeyRange range, long from, long until, int maxChanges, Consumer<Change> sink) throws InterruptedException;
}
