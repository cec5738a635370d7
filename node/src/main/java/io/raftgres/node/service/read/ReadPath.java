package io.raftgres.node.service.read;

import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.raftgres.node.consensus.PendingRead;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.MachineState;
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
import java.util.function.Supplier;

/**
 * Point reads, and the barrier that makes any read linearizable: the leader gives a read index, and this node waits
 * until it has applied it.
 */
public final class ReadPath {

    private static final long RETRY_MILLIS = 1_000;

    private final RaftThread raft;
    private final Supplier<MachineState> applied;
    private final Loaded loaded;
    private final RowCache cache;
    private final MissReader misses;
    private final HashedWheelTimer timer;
    private final int maxInFlight;
    private final AtomicInteger inFlight = new AtomicInteger();

    /** Receives a row from PostgreSQL; null when there is none. */
    public interface Loaded {
        void row(Key key, Row row, long askedAtIndex);
    }

    /** @param applied the part of this node's state machine that clients may see */
    public ReadPath(
            RaftThread raft,
            Supplier<MachineState> applied,
            Loaded loaded,
            RowCache cache,
            MissReader misses,
            HashedWheelTimer timer,
            int maxInFlight) {
        this.raft = raft;
        this.applied = applied;
        this.loaded = loaded;
        this.cache = cache;
        this.misses = misses;
        this.timer = timer;
        this.maxInFlight = maxInFlight;
    }

    public CompletableFuture<Read> get(Key key, Consistency consistency, Duration timeout) {
        Waiting waiting = new Waiting(key, timeout);
        if (inFlight.incrementAndGet() > maxInFlight) {
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

    /** Blocks until this node's applied state shows every write that was acknowledged before the call. */
    public void barrier(Duration timeout) {
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

    public int inFlight() {
        return inFlight.get();
    }

    private static ServiceException.Overloaded overloaded() {
        return new ServiceException.Overloaded("too many reads wait on this node; try again later", RETRY_MILLIS);
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
            while (!future.isDone()) {
                MachineState asked = applied.get();
                RowCache.Slot slot = cache.find(key);
                if (slot == null) {
                    lookInPostgres(asked);
                    return;
                }
                if (isKnown(slot, asked)) {
                    complete(slot.row(), slot.revision(), asked);
                }
            }
        }

        /** @return whether the revision of the key's deletion is known, in case the key existed when the read began */
        private boolean isKnown(RowCache.Slot slot, MachineState asked) {
            return slot.revision() > 0 || cache.evictedIndex() <= asked.index();
        }

        private void lookInPostgres(MachineState asked) {
            boolean taken = misses.read(
                    key,
                    row -> {
                        loaded.row(key, row, asked.index());
                        RowCache.Slot since = row == null ? cache.find(key) : null;
                        if (row != null) {
                            complete(row, row.modRevision(), asked);
                        } else if (since == null && cache.evictedIndex() <= asked.index()) {
                            complete(null, 0, asked);
                        } else if (since != null && isKnown(since, asked)) {
                            complete(since.row(), since.revision(), asked);
                        } else {
                            ready();
                        }
                    },
                    unavailable -> fail(new ServiceException.Unavailable(
                            "the key is not in memory, and this node's PostgreSQL is unavailable:" + " "
                                    + unavailable.getMessage())));
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

        /**
         * The revision is not the current one: a watch from the next revision on must deliver every change after the
         * returned row.
         *
         * @param since the revision that created or deleted the row; 0: an earlier one
         * @param asked the state before the row was read
         */
        private void complete(Row row, long since, MachineState asked) {
            // The row may be newer, even from a batch that is being applied: it is committed, but not yet counted.
            if (future.complete(new Read(row, Math.max(asked.revision(), since)))) {
                end();
            }
        }

        private void fail(ServiceException why) {
            if (future.completeExceptionally(why)) {
                end();
            }
        }

        private void end() {
            inFlight.decrementAndGet();
            Timeout armed = timeout;
            if (armed != null) {
                armed.cancel();
            }
        }
    }
}
