package io.raftgres.node.service;

import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.Answer;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.service.lease.NodeLeases;
import io.raftgres.node.service.watch.StoreHistory;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchHub;
import io.raftgres.node.store.RangeSink;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreDamagedException;
import io.raftgres.node.store.StoreOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** The service of a node that runs. */
public final class NodeKvService implements KvService, AutoCloseable {

    private static final long RETRY_MILLIS = 1_000;
    private static final long LOCAL_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final WriteRouter writes;
    private final ReadPath reads;
    private final Applier applier;
    private final StoreWriter storeWriter;
    private final Store store;
    private final ClusterStatus cluster;
    private final MissReader misses;
    private final ClusterAdmin admin;
    private final Consumer<StoreDamagedException> damaged;
    private final WatchHub hub;
    private final NodeLeases leases;
    private final AuthStore auth;
    /** They wait for a connection in the order in which they came. */
    private final Semaphore rangeReads = new Semaphore(StoreOptions.MAX_RANGE_READS, true);
    private final Upkeep upkeep;

    /**
     * @param damaged told when PostgreSQL's data turns out to be damaged
     * @param leases made of what they need of this service
     */
    NodeKvService(WriteRouter writes, ReadPath reads, Replica replica, Store store, ClusterStatus cluster,
            MissReader misses, ClusterAdmin admin, Consumer<StoreDamagedException> damaged,
            Upkeep upkeep, Function<NodeLeases.Store, NodeLeases> leases) {
        this.writes = writes;
        this.reads = reads;
        this.applier = replica.applier();
        this.storeWriter = replica.storeWriter();
        this.store = store;
        this.cluster = cluster;
        this.misses = misses;
        this.admin = admin;
        this.damaged = damaged;
        this.hub = new WatchHub(replica.events(), new StoreHistory(storeWriter, store, damaged),
                () -> applier.progress().state().compactedRevision());
        this.upkeep = upkeep;
        this.auth = replica.auth();
        this.leases = leases.apply(new LeaseStore());
    }

    private final class LeaseStore implements NodeLeases.Store {
        @Override
        public CompletionStage<Answer> write(Request request, Duration timeout) {
            return writes.write(request, timeout);
        }

        @Override
        public void barrier(Duration timeout) {
            reads.barrier(timeout);
        }

        @Override
        public List<Key> keysOf(long lease, Duration timeout) {
            return fromPostgres(Consistency.LINEARIZABLE, 0, timeout, revision ->
                    store.attached(List.of(lease), Limits.MAX_DELETED_KEYS, 0).stream().map(Row::key).toList());
        }
    }

    @Override
    public AuthState auth(Duration timeout) {
        reads.barrier(timeout);
        return auth.state();
    }

    @Override
    public NodeLeases leases() {
        return leases;
    }

    @Override
    public CompletionStage<Answer> write(Request request, Duration timeout) {
        return writes.write(request, timeout);
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        return reads.get(key, consistency, timeout);
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        return fromPostgres(query.consistency(), query.selection().revision(), timeout,
                revision -> scan(query, revision, consumer));
    }

    @Override
    public Answer read(Request request, Consistency consistency, Duration timeout) {
        return fromPostgres(consistency, 0, timeout, revision -> store.read(revision, request));
    }

    private interface Reading<T> {
        /** @param atLeastRevision what PostgreSQL has to show */
        T from(long atLeastRevision);
    }

    /** Reads when PostgreSQL has what the read must see. @param asked past revision, 0 for the current one */
    private <T> T fromPostgres(Consistency consistency, long asked, Duration timeout, Reading<T> reading) {
        long deadline = System.nanoTime() + timeout.toNanos();
        if (consistency == Consistency.LINEARIZABLE) {
            reads.barrier(timeout);
        }
        MachineState state = applier.progress().state();
        if (asked > state.revision()) {
            throw new ServiceException.FutureRevision(asked, state.revision());
        }
        if (asked != 0 && asked < state.compactedRevision()) {
            throw new ServiceException.Compacted(asked, state.compactedRevision());
        }
        long needed = asked != 0 ? asked : state.revision();
        try {
            if (!rangeReads.tryAcquire(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                throw new ServiceException.Overloaded("too many reads of ranges wait on this node", RETRY_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.Unavailable("the node is stopping");
        }
        try {
            if (consistency == Consistency.LOCAL && asked == 0) {
                // What this node has applied, when PostgreSQL is not far behind; what there is otherwise.
                storeWriter.awaitRevision(needed, Math.min(LOCAL_PATIENCE_NANOS, deadline - System.nanoTime()));
                needed = 1;
            } else if (!storeWriter.awaitRevision(needed, deadline - System.nanoTime())) {
                throw new ServiceException.Unavailable("this node's PostgreSQL did not reach revision " + needed
                        + " in time; ask another node");
            }
            return reading.from(needed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.Unavailable("the node is stopping");
        } catch (StoreUnavailableException e) {
            throw new ServiceException.Unavailable("this node's PostgreSQL is away: " + e.getMessage());
        } catch (StoreDamagedException e) {
            damaged.accept(e);
            throw new ServiceException.Unavailable("this node's PostgreSQL is damaged; ask another node: "
                    + e.getMessage());
        } finally {
            rangeReads.release();
        }
    }

    private RangeEnd scan(RangeQuery query, long atLeastRevision, RangeConsumer consumer) {
        Selection selection = query.selection();
        // One row more than asked for tells where to go on.
        long limit = selection.limit() == 0 || selection.limit() == Long.MAX_VALUE ? 0 : selection.limit() + 1;
        LimitedRows rows = new LimitedRows(selection.limit(), selection.revision(), atLeastRevision, consumer);
        long count = store.range(query.range(), selection.withLimit(limit), query.counted(), rows);
        return new RangeEnd(rows.next, count);
    }

    /** Passes rows on up to a limit and keeps the key after it. */
    private static final class LimitedRows implements RangeSink {
        private final long limit;
        private final long asked;
        private final long atLeastRevision;
        private final RangeConsumer consumer;
        private long count;
        private Key next;

        /** @param asked past revision that is read, 0 for the current one */
        LimitedRows(long limit, long asked, long atLeastRevision, RangeConsumer consumer) {
            this.limit = limit;
            this.asked = asked;
            this.atLeastRevision = atLeastRevision;
            this.consumer = consumer;
        }

        @Override
        public void revision(long current) {
            if (current < atLeastRevision) {
                // It crashed between our look and the read, and lost what it had not flushed.
                throw new StoreUnavailableException("it shows revision " + current + ", not " + atLeastRevision, null);
            }
            consumer.header(asked == 0 ? current : asked);
        }

        @Override
        public boolean row(Row row) {
            if (limit != 0 && count == limit) {
                next = row.key();
                return false;
            }
            count++;
            consumer.row(row);
            return true;
        }
    }

    @Override
    public WatchFeed watches(Runnable available) {
        return hub.open(available);
    }

    @Override
    public NodePosition position() {
        return cluster.position();
    }

    @Override
    public boolean hasLeader() {
        return cluster.hasLeader();
    }

    @Override
    public ClusterView cluster() {
        return cluster.view();
    }

    @Override
    public Upkeep upkeep() {
        return upkeep;
    }

    @Override
    public ClusterAdmin admin() {
        return admin;
    }

    public int openWatches() {
        return hub.openWatches();
    }

    public int watchesBehind() {
        return hub.watchesBehind();
    }

    public int writesUnderWay() {
        return writes.underWay();
    }

    public int writesWithoutLeader() {
        return writes.leaderless();
    }

    public long writesRefused() {
        return writes.refused();
    }

    public int readsUnderWay() {
        return reads.underWay();
    }

    @Override
    public void close() {
        hub.close();
        leases.close();
        misses.close();
    }
}
