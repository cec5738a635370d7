package io.raftgres.node.service.read;

import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.RangeConsumer;
import io.raftgres.node.service.KvService.RangeEnd;
import io.raftgres.node.service.KvService.RangeQuery;
import io.raftgres.node.store.sql.StoreDamagedException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs reads that need this node's PostgreSQL. Each read waits in order for one of a few places, and holds it only
 * while it reads. A client that does not take its rows waits without a place.
 */
public final class PostgresReads {

    private static final long RETRY_MILLIS = 1_000;
    private static final long LOCAL_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Time to wait for a place to continue a read: rows that were sent already should not be in vain. */
    private static final Duration GO_ON = Duration.ofSeconds(60);

    /** The parts of the node that reads need. */
    public interface Node {
        /**
         * Blocks until this node has applied every write that was acknowledged before.
         *
         * @throws ServiceException when it has not done so in time
         */
        void barrier(Duration timeout);

        /** @return whether PostgreSQL shows the revision before the time is over */
        boolean awaitRevision(long revision, long nanos) throws InterruptedException;
    }

    public interface Reading<T> {
        /** @param atLeastRevision revision that PostgreSQL must show */
        T from(long atLeastRevision);
    }

    private final Node node;
    private final Supplier<MachineState> applied;
    private final RangeRead.Source rows;
    private final Consumer<StoreDamagedException> damaged;
    private final Semaphore places;

    /**
     * @param atOnce maximal number of concurrent reads
     * @param damaged called when PostgreSQL's data turns out to be corrupt
     */
    public PostgresReads(
            Node node,
            int atOnce,
            Supplier<MachineState> applied,
            RangeRead.Source rows,
            Consumer<StoreDamagedException> damaged) {
        this.node = node;
        this.places = new Semaphore(atOnce, true);
        this.applied = applied;
        this.rows = rows;
        this.damaged = damaged;
    }

    /** Reads a range, as {@link KvService#range} describes. */
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        RangeRead read = new RangeRead(query, rows, consumer, places::hasQueuedThreads);
        read(query.consistency(), query.selection().revision(), timeout, read::part);
        while (!read.isOver()) {
            read.awaitConsumer();
            try {
                // The read has passed the barrier, and must continue at the same revision.
                read(Consistency.LOCAL, read.revision(), GO_ON, read::part);
            } catch (ServiceException.Compacted e) {
                throw query.selection().revision() != 0 ? e : overtaken(e);
            }
        }
        return read.end();
    }

    /** A read that asked for no revision does not fail with Compacted: the client can simply ask again. */
    private static ServiceException overtaken(ServiceException.Compacted why) {
        return new ServiceException.Unavailable(
                "a compaction removed the read's revision while it waited to continue; ask again: " + why.getMessage());
    }

    /**
     * Reads once PostgreSQL shows every write that the read must see.
     *
     * @param asked past revision, 0 for the current one
     */
    public <T> T read(Consistency consistency, long asked, Duration timeout, Reading<T> reading) {
        long deadline = System.nanoTime() + timeout.toNanos();
        if (consistency == Consistency.LINEARIZABLE) {
            node.barrier(timeout);
        }
        MachineState state = applied.get();
        if (asked > state.revision()) {
            throw new ServiceException.FutureRevision(asked, state.revision());
        }
        if (asked != 0 && asked < state.compactedRevision()) {
            throw new ServiceException.Compacted(asked, state.compactedRevision());
        }
        long needed = asked != 0 ? asked : state.revision();
        try {
            if (!places.tryAcquire(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                throw new ServiceException.Overloaded(
                        "too many reads of ranges wait on this node; try again" + " later", RETRY_MILLIS);
            }
        } catch (InterruptedException e) {
            throw stopping();
        }
        try {
            if (consistency == Consistency.LOCAL && asked == 0) {
                // Reads this node's applied revision if PostgreSQL is not far behind, otherwise PostgreSQL's revision.
                node.awaitRevision(needed, Math.min(LOCAL_PATIENCE_NANOS, deadline - System.nanoTime()));
                needed = 1;
            } else if (!node.awaitRevision(needed, deadline - System.nanoTime())) {
                throw new ServiceException.Unavailable(
                        "this node's PostgreSQL did not reach revision " + needed + " in time; ask another node");
            }
            return reading.from(needed);
        } catch (InterruptedException e) {
            throw stopping();
        } catch (StoreUnavailableException e) {
            throw new ServiceException.Unavailable("this node's PostgreSQL is unavailable: " + e.getMessage());
        } catch (StoreDamagedException e) {
            damaged.accept(e);
            throw new ServiceException.Unavailable(
                    "this node's PostgreSQL is corrupt; ask another node: " + e.getMessage());
        } finally {
            places.release();
        }
    }

    private static ServiceException stopping() {
        Thread.currentThread().interrupt();
        return new ServiceException.Unavailable("the node is stopping");
    }
}
