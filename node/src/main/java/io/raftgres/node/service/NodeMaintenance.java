package io.raftgres.node.service;

import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.snapshot.SnapshotExport;
import io.raftgres.node.snapshot.SnapshotOptions;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreMaintenance;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Maintenance of a running node. Operations that read or write all data run one at a time. */
final class NodeMaintenance implements Maintenance {

    private static final long SIZE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int MAX_SNAPSHOTS = 2;

    private final StoreOptions options;
    private final StoreMaintenance store;
    private final Applier applier;
    private final StoreWriter storeWriter;
    private final Path directory;
    private final SnapshotOptions snapshots;
    private final Semaphore snapshotsInFlight = new Semaphore(MAX_SNAPSHOTS);
    private final Semaphore oneAtATime = new Semaphore(1);
    private Size size = new Size(0, 0);
    private long sizeNanos = System.nanoTime() - SIZE_NANOS;

    /** @param directory directory of the snapshots for other members */
    NodeMaintenance(Store store, Replica replica, Path directory, SnapshotOptions snapshots) {
        this.options = store.options();
        this.store = store.maintenance();
        this.applier = replica.applier();
        this.storeWriter = replica.storeWriter();
        this.directory = directory;
        this.snapshots = snapshots;
    }

    @Override
    public synchronized Size size() {
        if (System.nanoTime() - sizeNanos >= SIZE_NANOS) {
            sizeNanos = System.nanoTime();
            try {
                StoreMaintenance.Size now = store.size();
                size = new Size(now.bytes(), now.inUse());
            } catch (RuntimeException e) {
                // PostgreSQL is unavailable, which the self-check reports. The last known size is kept.
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
                throw new ServiceException.Unavailable(
                        "this node's PostgreSQL did not reach revision " + wanted + " in time; ask another node");
            }
            StoreMaintenance.RevisionHash hash = reachable(() -> store.hash(wanted));
            return new RevisionHash(
                    (int) (hash.hash() ^ hash.hash() >>> 32),
                    hash.revision(),
                    hash.compactedRevision(),
                    hash.current());
        });
    }

    @Override
    public void vacuum() {
        alone(
                Duration.ofSeconds(1),
                left -> reachable(() -> {
                    store.vacuum();
                    return null;
                }));
    }

    @Override
    public void snapshot(SnapshotSink sink) {
        if (!snapshotsInFlight.tryAcquire()) {
            throw new ServiceException.Overloaded(
                    "this node is already sending " + MAX_SNAPSHOTS + " snapshots; try"
                            + " again later, or ask another node",
                    5_000);
        }
        try (SnapshotExport export = SnapshotExport.make(directory, options, snapshots)) {
            export.write(sink::piece);
        } catch (IOException e) {
            throw new ServiceException.Unavailable("this node cannot make a snapshot: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServiceException.Unavailable("the node is stopping");
        } finally {
            snapshotsInFlight.release();
        }
    }

    private interface Work<T> {
        T run(long leftNanos) throws InterruptedException;
    }

    private <T> T alone(Duration timeout, Work<T> work) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            if (!oneAtATime.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new ServiceException.Overloaded(
                        "another hash or defragmentation of this node is running; try" + " again later", 1_000);
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
            throw new ServiceException.Unavailable("this node's PostgreSQL is unavailable: " + e.getMessage());
        }
    }
}
