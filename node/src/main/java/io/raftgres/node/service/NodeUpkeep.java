package io.raftgres.node.service;

import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreUpkeep;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Upkeep of a node that runs. What reads or writes everything is done one at a time. */
final class NodeUpkeep implements Upkeep {

    private static final long SIZE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final StoreUpkeep store;
    private final Applier applier;
    private final StoreWriter storeWriter;
    private final Semaphore oneAtATime = new Semaphore(1);
    private Size size = new Size(0, 0);
    private long sizeNanos = System.nanoTime() - SIZE_NANOS;

    NodeUpkeep(Store store, Applier applier, StoreWriter storeWriter) {
        this.store = store.upkeep();
        this.applier = applier;
        this.storeWriter = storeWriter;
    }

    @Override
    public synchronized Size size() {
        if (System.nanoTime() - sizeNanos >= SIZE_NANOS) {
            sizeNanos = System.nanoTime();
            try {
                StoreUpkeep.Size now = store.size();
                size = new Size(now.bytes(), now.inUse());
            } catch (RuntimeException e) {
                // It is away, which others notice and tell: the last figure is the best there is.
            }
        }
        return size;
    }

    @Override
    public RevisionHash hash(long revision, Duration timeout) {
        return alone(timeout, left -> {
            long applied = applier.progress().state().revision();
            if (revision > applied) {
                throw new ServiceException.FutureRevision(revision, applied);
            }
            long wanted = revision == 0 ? applied : revision;
            if (!storeWriter.awaitRevision(wanted, left)) {
                throw new ServiceException.Unavailable("this node's PostgreSQL did not reach revision " + wanted
                        + " in time; ask another node");
            }
            StoreUpkeep.RevisionHash hash = reachable(() -> store.hash(wanted));
            return new RevisionHash((int) (hash.hash() ^ hash.hash() >>> 32), hash.revision(), hash.compactedRevision(),
                    hash.current());
        });
    }

    @Override
    public void vacuum() {
        alone(Duration.ofSeconds(1), left -> reachable(() -> {
            store.vacuum();
            return null;
        }));
    }

    private interface Work<T> {
        T run(long leftNanos) throws InterruptedException;
    }

    private <T> T alone(Duration timeout, Work<T> work) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            if (!oneAtATime.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new ServiceException.Overloaded("another hash or vacuum of this node is under way", 1_000);
            }
            try {
                return work.run(deadline - System.nanoTime());
            } finally {
                oneAtATime.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.Unavailable("the node is stopping");
        }
    }

    private static <T> T reachable(Supplier<T> work) {
        try {
            return work.get();
        } catch (StoreUnavailableException e) {
            throw new ServiceException.Unavailable("this node's PostgreSQL is away: " + e.getMessage());
        }
    }
}
