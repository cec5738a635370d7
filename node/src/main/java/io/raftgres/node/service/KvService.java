package io.raftgres.node.service;

import io.raftgres.node.auth.Callers;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.watch.WatchCursor;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchRight;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/**
 * Reads, writes and watches keys, for every API. Every operation ends by its deadline. Asynchronous operations complete
 * on a thread that must not block, and fail only with a {@link ServiceException}.
 */
public interface KvService {

    enum Consistency {
        /** Sees every write that was acknowledged before the read began, on any node. */
        LINEARIZABLE,
        /** Reads this node's own state, which may be behind. */
        LOCAL
    }

    /** Applies the request once, through the leader. The caller has checked the limits. */
    CompletionStage<ApplyResult> write(Request request, Duration timeout);

    /**
     * Discards the history below a revision, on all members. Reads and watches below it are refused from then on, and
     * the space is freed soon after.
     *
     * @param token idempotency token, null for none
     * @return fails with Compacted when the history is compacted to this revision already, as in etcd, and with
     *     FutureRevision
     */
    default CompletionStage<Compaction> compact(byte[] token, long revision, Duration timeout) {
        return write(Request.of(token, new Op.Compact(revision)), timeout)
                .thenApply(result -> Compaction.of(revision, result));
    }

    /**
     * @param compactedRevision oldest revision that can be read
     * @param revision the store's revision; a compaction does not increase it
     * @param replayed whether the token had been applied before
     */
    record Compaction(long compactedRevision, long revision, boolean replayed) {

        static Compaction of(long asked, ApplyResult result) {
            if (result.results().isEmpty() || !(result.results().getFirst() instanceof Op.Result.Compact did)) {
                throw new ServiceException.Invalid("the idempotency token has been used for another request");
            }
            if (result.succeeded()) {
                return new Compaction(did.compactedRevision(), result.revision(), result.replayed());
            }
            throw asked > result.revision()
                    ? new ServiceException.FutureRevision(asked, result.revision())
                    : new ServiceException.Compacted(asked, did.compactedRevision());
        }
    }

    /** Reads the current row of one key. */
    CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout);

    /**
     * @param row null when the key does not exist
     * @param revision the store's revision at the time of the read
     */
    record Read(Row row, long revision) {}

    /**
     * Streams the rows of a range: {@code header} gets the revision first, then {@code row} gets each row. Blocks; call
     * it on a virtual thread. Memory does not grow with the result. A slow consumer slows only this read, which
     * continues at its revision when the consumer has room again. If the revision has been compacted by then, the read
     * fails with Compacted.
     *
     * @throws ServiceException when the read cannot begin or continue
     */
    RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer);

    /** @param counted whether to compute {@link RangeEnd#count}, which may need a second read of the rows */
    record RangeQuery(KeyRange range, Selection selection, boolean counted, Consistency consistency) {}

    /**
     * @param next key of the row after the last one; null when there are no more rows
     * @param count number of rows in the range, regardless of limit and filter; -1 when not requested
     */
    record RangeEnd(Key next, long count) {}

    /**
     * Runs a transaction that only reads, on one state of this node, without an entry in the log. Blocks; call it on a
     * virtual thread.
     *
     * @param request has compares and reads only
     * @param held receives the number of bytes of each row that is kept in memory; an exception ends the read
     */
    ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held);

    interface RangeConsumer {
        void header(long revision);

        /**
         * Takes a row. Never blocks: a consumer buffers rows that it cannot send at once.
         *
         * @param row with an empty value when only keys were requested
         * @return whether it takes another row now; if not, a plain selection waits for {@link #awaitReady}
         */
        boolean row(Row row);

        /**
         * Waits until the consumer takes another row. A consumer that always takes rows need not implement it.
         *
         * @param nanos maximal time to wait
         * @return false: not yet; the method may return before that time
         * @throws RuntimeException when the consumer takes no more rows
         */
        default boolean awaitReady(long nanos) {
            return true;
        }
    }

    /**
     * Watches a range: the changes from a revision on, in order, each exactly once.
     *
     * @param fromRevision first revision to deliver; 0: from now on
     * @throws ServiceException Compacted when {@code fromRevision} has been compacted
     */
    default Watch watch(KeyRange range, long fromRevision) {
        return watch(range, fromRevision, WatchRight.ALL);
    }

    /** Like {@link #watch(KeyRange, long)}, of a caller that may be refused: {@link #watches(Runnable, WatchRight)}. */
    default Watch watch(KeyRange range, long fromRevision, WatchRight right) {
        return new WatchCursor(available -> watches(available, right), range, fromRevision);
    }

    /**
     * Opens a feed of any number of watches, for a consumer that must not block.
     *
     * @param available called by any thread when there may be deliveries to take; must not block
     * @throws ServiceException Overloaded when there are too many feeds
     */
    default WatchFeed watches(Runnable available) {
        return watches(available, WatchRight.ALL);
    }

    /**
     * Like {@link #watches(Runnable)}, of a caller that may be refused.
     *
     * @param right asked for each new watch, and again for all when users change
     */
    WatchFeed watches(Runnable available, WatchRight right);

    /** A cursor on the changes. Used by one thread; it has no buffer. */
    interface Watch extends AutoCloseable {
        /** @return the store's revision when the watch was created: later changes are delivered */
        long createdRevision();

        /**
         * Blocks until there are changes or the time is over; call it on a virtual thread.
         *
         * @return all changes of one or more whole revisions; empty after the time, or when the range had no changes
         * @throws ServiceException Compacted when the watch fell behind a compaction
         */
        List<Change> next(Duration wait) throws InterruptedException;

        /** @return the revision up to which {@link #next} has returned every change of the range */
        long revision();

        @Override
        void close();
    }

    LeaseService leases();

    /** @return users and roles as of an acknowledged state. Blocks; call it on a virtual thread */
    AuthState auth(Duration timeout);

    /**
     * @return users and roles as this node knows them now; never waits
     * @throws ServiceException.Unavailable on a node that does not know whether users are checked
     */
    AuthState users();

    /** @return determines who calls this node */
    Callers callers();

    /** @return the node's current position; never waits, and works without a leader */
    NodePosition position();

    /** @return whether this node knows the leader */
    boolean hasLeader();

    /** @return the cluster's status as this node sees it now; never waits */
    ClusterView cluster();

    /** @throws ServiceException on a node that has no state of its own */
    default Maintenance maintenance() {
        throw new ServiceException.Unavailable("this node has no data of its own now; ask another node");
    }

    /** Changes of the cluster. */
    ClusterAdmin admin();
}
