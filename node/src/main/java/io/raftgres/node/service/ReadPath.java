package io.raftgres.node.service;

import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.PendingRead;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.Read;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Point reads, and the barrier that makes any read linearizable: a read index from the leader, applied here. */
final class ReadPath {

    private static final long RETRY_MILLIS = 1_000;

    private final RaftThread raft;
    private final Applier applier;
    private final RowCache cache;
    private final MissReader misses;
    private final HashedWheelTimer timer;
    private final int maxUnderWay;
    private final AtomicInteger underWay = new AtomicInteger();

    ReadPath(RaftThread raft, Applier applier, RowCache cache, MissReader misses, HashedWheelTimer timer,
            int maxUnderWay) {
        this.raft = raft;
        this.applier = applier;
        this.cache = cache;
        this.misses = misses;
        this.timer = timer;
        this.maxUnderWay = maxUnderWay;
    }

    CompletableFuture<Read> get(Key key, Consistency consistency, Duration timeout) {
        Waiting waiting = new Waiting(key, timeout);
        if (underWay.incrementAndGet() > maxUnderWay) {
            waiting.fail(overloaded());
        } else if (consistency == Consistency.LOCAL) {
            waiting.ready();
        } else {
            waiting.arm();
            if (!raft.read(waiting)) {
                waiting.fail(overloaded());
            }
        }
        return waiting.future;
    }

    /** Blocks until this node's applied state shows everything that was acknowledged before the call. */
    void barrier(Duration timeout) {
        CompletableFuture<Void> passed = new CompletableFuture<>();
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        boolean taken = raft.read(new PendingRead() {
            @Override
            public void ready() {
                passed.complete(null);
            }

            @Override
            public void failed() {
                passed.completeExceptionally(noLeader());
            }

            @Override
            public void unavailable(String why) {
                passed.completeExceptionally(new ServiceException.Unavailable(why));
            }

            @Override
            public long deadlineNanos() {
                return deadlineNanos;
            }
        });
        if (!taken) {
            throw overloaded();
        }
        try {
            passed.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ServiceException why ? why : noLeader();
        }
    }

    int underWay() {
        return underWay.get();
    }

    private static ServiceException.Overloaded overloaded() {
        return new ServiceException.Overloaded("too many reads wait on this node", RETRY_MILLIS);
    }

    private static ServiceException.Unavailable noLeader() {
        return new ServiceException.Unavailable("no leader confirmed the read in time");
    }

    /** One point read. */
    private final class Waiting implements PendingRead {
        private final Key key;
        private final long timeoutMillis;
        private final long deadlineNanos;
        private final CompletableFuture<Read> future = new CompletableFuture<>();
        private volatile Timeout timeout;

        Waiting(Key key, Duration timeout) {
            this.key = key;
            this.timeoutMillis = timeout.toMillis();
            this.deadlineNanos = System.nanoTime() + timeout.toNanos();
        }

        void arm() {
            timeout = timer.newTimeout(ignored -> fail(noLeader()), timeoutMillis, TimeUnit.MILLISECONDS);
        }

        @Override
        public void ready() {
            if (future.isDone()) {
                return;
            }
            long askedAtIndex = applier.progress().state().index();
            RowCache.Slot slot = cache.find(key);
            if (slot != null) {
                complete(slot.row());
                return;
            }
            boolean taken = misses.read(key, row -> {
                applier.loaded(key, row, askedAtIndex);
                complete(row);
            }, away -> fail(new ServiceException.Unavailable(
                    "the key is not in memory and this node's PostgreSQL is away: " + away.getMessage())));
            if (!taken) {
                fail(overloaded());
            }
        }

        @Override
        public void failed() {
            fail(noLeader());
        }

        @Override
        public void unavailable(String why) {
            fail(new ServiceException.Unavailable(why));
        }

        @Override
        public long deadlineNanos() {
            return deadlineNanos;
        }

        private void complete(Row row) {
            long applied = applier.progress().state().revision();
            // The row may belong to a batch that is being applied: it is committed, only not yet counted.
            if (future.complete(new Read(row, row == null ? applied : Math.max(applied, row.modRevision())))) {
                end();
            }
        }

        private void fail(ServiceException why) {
            if (future.completeExceptionally(why)) {
                end();
            }
        }

        private void end() {
            underWay.decrementAndGet();
            Timeout armed = timeout;
            if (armed != null) {
                armed.cancel();
            }
        }
    }
}
