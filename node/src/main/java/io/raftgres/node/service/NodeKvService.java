package io.raftgres.node.service;

import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.Answer;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.service.watch.StoreHistory;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchHub;
import io.raftgres.node.store.RangeSink;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreDamagedException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The service of a node that runs. */
public final class NodeKvService implements KvService, AutoCloseable {

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

    /** @param damaged told when PostgreSQL's data turns out to be damaged */
    NodeKvService(WriteRouter writes, ReadPath reads, Replica replica, Store store, ClusterStatus cluster,
            MissReader misses, ClusterAdmin admin, Consumer<StoreDamagedException> damaged) {
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
    public Key range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        long deadline = System.nanoTime() + timeout.toNanos();
        if (query.consistency() == Consistency.LINEARIZABLE) {
            reads.barrier(timeout);
        }
        MachineState state = applier.progress().state();
        long revision = query.revision() == 0 ? state.revision() : query.revision();
        if (revision > state.revision()) {
            throw new ServiceException.FutureRevision(revision, state.revision());
        }
        if (query.revision() != 0 && revision < state.compactedRevision()) {
            throw new ServiceException.Compacted(revision, state.compactedRevision());
        }
        boolean current = query.revision() == 0;
        try {
            boolean local = query.consistency() == Consistency.LOCAL;
            if (!(current && local) && !storeWriter.awaitRevision(revision, deadline - System.nanoTime())) {
                throw new ServiceException.Unavailable("this node's PostgreSQL did not reach revision " + revision
                        + " in time; ask another node");
            }
            return scan(query, current ? (local ? 1 : revision) : 0, consumer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.Unavailable("the node is stopping");
        } catch (StoreUnavailableException e) {
            throw new ServiceException.Unavailable("this node's PostgreSQL is away: " + e.getMessage());
        } catch (StoreDamagedException e) {
            damaged.accept(e);
            throw new ServiceException.Unavailable("this node's PostgreSQL is damaged; ask another node: " + e.getMessage());
        }
    }

    /** @param atLeastRevision what the current state must show; 0 for a past one */
    private Key scan(RangeQuery query, long atLeastRevision, RangeConsumer consumer) {
        // One row more than asked for tells where to go on.
        long limit = query.limit() == 0 ? 0 : query.limit() + 1;
        LimitedRows rows = new LimitedRows(query.limit(), query.revision(), atLeastRevision, consumer);
        store.range(query.range(), limit, query.revision(), query.keysOnly(), rows);
        return rows.next;
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
    public ClusterAdmin admin() {
        return admin;
    }

    public int openWatches() {
        return hub.openWatches();
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
        misses.close();
    }
}
