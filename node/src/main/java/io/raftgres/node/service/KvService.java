package io.raftgres.node.service;

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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/**
 * The one implementation of a read, a write and a watch, whatever API it came by. Every operation ends by its deadline.
 * The asynchronous ones complete on a thread that must not block; they fail with a {@link ServiceException} only.
 */
public interface KvService {

    enum Consistency {
        /** Sees every write that was acknowledged before the read began, on any node. */
        LINEARIZABLE,
        /** This node's own state, which may be behind. */
        LOCAL
    }

    /** Applies the request once, on whichever node leads. Limits have been checked by the caller. */
    CompletionStage<ApplyResult> write(Request request, Duration timeout);

    /**
     * Gives the history below a revision up, on all members: reads and watches below it are refused from then on, and
     * the space is given back soon after.
     *
     * @param token idempotency token, null for none
     * @return fails with Compacted when it has been compacted as far already, as etcd has it, and with FutureRevision
     */
    default CompletionStage<Compaction> compact(byte[] token, long revision, Duration timeout) {
        return write(Request.of(token, new Op.Compact(revision)), timeout)
                .thenApply(answer -> Compaction.of(revision, answer));
    }

    /**
     * @param compactedRevision oldest revision that can be read
     * @param revision the store's; a compaction takes none itself
     * @param replayed the token had been applied before
     */
    record Compaction(long compactedRevision, long revision, boolean replayed) {

        static Compaction of(long asked, ApplyResult answer) {
            if (answer.results().isEmpty() || !(answer.results().getFirst() instanceof Op.Result.Compact did)) {
                throw new ServiceException.Invalid("the idempotency token has been used for another request");
            }
            if (answer.succeeded()) {
                return new Compaction(did.compactedRevision(), answer.revision(), answer.replayed());
            }
            throw asked > answer.revision()
                    ? new ServiceException.FutureRevision(asked, answer.revision())
                    : new ServiceException.Compacted(asked, did.compactedRevision());
        }
    }

    /** Current row of one key. */
    CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout);

    /** @param row null when the key does not exist; @param revision the store's revision at which this was so */
    record Read(Row row, long revision) {}

    /**
     * Rows of a range, streamed: {@code header} is told the revision first, then {@code row} is called once for each.
     * Blocks; call it on a virtual thread. Memory does not grow with the result; a slow consumer slows only this read,
     * which goes on at its revision when there is room again: it ends as Compacted when that is too late.
     *
     * @throws ServiceException when it cannot begin or go on
     */
    RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer);

    /** @param counted whether {@link RangeEnd#count} is wanted: it may cost another look at the rows */
    record RangeQuery(KeyRange range, Selection selection, boolean counted, Consistency consistency) {}

    /**
     * @param next null: there is nothing more; otherwise the key of the row after the last one
     * @param count rows of the range, whatever limit and filter; -1 when not asked for
     */
    record RangeEnd(Key next, long count) {}

    /**
     * A transaction that changes nothing, from one state of this node, without an entry in the log. Blocks; call it on
     * a virtual thread.
     *
     * @param request has compares and reads only
     * @param held told the bytes of each row that is held from then on; ends the read by an exception
     */
    ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held);

    interface RangeConsumer {
        void header(long revision);

        /**
         * Never blocks: what is not taken at once is kept.
         *
         * @param row with an empty value when keys only were asked for
         * @return whether it takes another one now; of a plain selection none comes before {@link #awaitReady} said so
         */
        boolean row(Row row);

        /**
         * Waits until it takes another row. A consumer that never has enough need not implement it.
         *
         * @param nanos most
         * @return false: not yet; it may be less than that time
         * @throws RuntimeException it takes nothing any more
         */
        default boolean awaitReady(long nanos) {
            return true;
        }
    }

    /**
     * Changes of a range, from a revision on, in order, each exactly once.
     *
     * @param fromRevision first revision wanted; 0: from now on
     * @throws ServiceException Compacted when {@code fromRevision} is gone
     */
    default Watch watch(KeyRange range, long fromRevision) {
        return new WatchCursor(this::watches, range, fromRevision);
    }

    /**
     * Opens a feed of any number of watches, for a consumer that does not wait.
     *
     * @param available called by any thread when there may be something to take; must not block
     * @throws ServiceException Overloaded when there are too many
     */
    WatchFeed watches(Runnable available);

    /** A cursor on the changes. Used by one thread; holds no buffer of its own. */
    interface Watch extends AutoCloseable {
        /** @return the revision the watch was made at: changes up to it were past */
        long createdRevision();

        /**
         * Blocks until there are changes or the time is over; call it on a virtual thread.
         *
         * @return all changes of one or more whole revisions; empty after the time, or when the range saw none
         * @throws ServiceException Compacted when the watch fell behind a compaction
         */
        List<Change> next(Duration wait) throws InterruptedException;

        /** @return every change of the range up to this revision has been returned by {@link #next} */
        long revision();

        @Override
        void close();
    }

    LeaseService leases();

    /** @return users and roles as of an acknowledged state. Blocks; call it on a virtual thread */
    AuthState auth(Duration timeout);

    /** @return as of now; never waits; works without a leader, too */
    NodePosition position();

    /** @return whether this node knows who leads */
    boolean hasLeader();

    /** @return the cluster as this node sees it now; never waits */
    ClusterView cluster();

    /** @throws ServiceException on a node that has no data of its own */
    default Maintenance upkeep() {
        throw new ServiceException.Unavailable("this node has no data of its own now; ask another node");
    }

    /** Changes of the cluster. */
    ClusterAdmin admin();
}
