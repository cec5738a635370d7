package io.raftgres.node.consensus;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.write.StoreRewoundException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * The store thread: writes applied batches to PostgreSQL, many in one transaction. With {@code synchronous_commit=off}
 * a crash of PostgreSQL loses its last transactions. So a batch is kept here until PostgreSQL has flushed it, and is
 * written again if PostgreSQL returns without it.
 */
public final class StoreWriter implements StoreSink, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(StoreWriter.class);

    private static final int MAX_TRANSACTION_CHANGES = 5_000;

    /**
     * While no thread waits for PostgreSQL to show a change, applied batches collect for this long after a transaction
     * began. A transaction of few rows costs PostgreSQL ten times as much per row as one of many.
     */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Batches of this size do not wait for more. */
    private static final long GATHER_BYTES = 4L << 20;

    /** SQLSTATE. */
    private static final String DISK_FULL = "53100";

    private static final long RETRY_MILLIS = 100;
    private static final long FLUSH_POLL_MILLIS = 100;
    private static final long CHECK_MILLIS = 1_000;
    private static final long LOG_POLL_MILLIS = 1;

    private record Kept(AppliedBatch batch, long bytes) {}

    private final Store store;
    private final long maxKeptBytes;
    private final LongSupplier durableIndex;
    private final Consumer<Throwable> failure;
    private final Runnable flushListener;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    /** Signals threads that wait for PostgreSQL to have a change, or for room. */
    private final Condition changed = lock.newCondition();
    /** Signals the store thread. */
    private final Condition work = lock.newCondition();

    private int waiting;
    /** Batches not yet flushed, oldest first; those after {@code storedIndex} are not yet written either. */
    private final ArrayDeque<Kept> kept = new ArrayDeque<>();

    private long keptBytes;
    private long unstoredBytes;
    private long begunNanos = System.nanoTime() - GATHER_NANOS;
    private volatile long storedIndex;
    private volatile long storedRevision;
    private volatile long flushedIndex;
    private volatile long flushedRevision;
    private volatile boolean unavailable;

    /** Start of the call to PostgreSQL in progress, by System.nanoTime; 0: none is. */
    private volatile long callSinceNanos;

    /** Receives the duration of each transaction in nanoseconds. */
    private volatile LongConsumer measured = nanos -> {};

    private volatile boolean diskFull;
    private volatile boolean stopped;

    /**
     * @param maxKeptBytes bound of batches kept for PostgreSQL; beyond it the apply thread waits
     * @param durableIndex this member's durable log index: PostgreSQL gets no later entries. So an applied index above
     *     the log's end always means that the log has lost entries
     * @param flushListener called from time to time after PostgreSQL has flushed more: the log may be cut
     */
    StoreWriter(
            String name,
            Store store,
            MachineState state,
            long maxKeptBytes,
            LongSupplier durableIndex,
            Runnable flushListener,
            Consumer<Throwable> failure) {
        this.store = store;
        this.maxKeptBytes = maxKeptBytes;
        this.durableIndex = durableIndex;
        this.failure = failure;
        this.flushListener = flushListener;
        this.storedIndex = state.index();
        this.storedRevision = state.revision();
        this.flushedIndex = state.index();
        this.flushedRevision = state.revision();
        this.thread = Thread.ofPlatform().name("store-" + name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    @Override
    public void submit(AppliedBatch batch) throws InterruptedException {
        long bytes = sizeBytes(batch);
        lock.lock();
        try {
            while (keptBytes > maxKeptBytes && !stopped) {
                changed.await();
            }
            boolean first = unstoredBytes == 0;
            kept.addLast(new Kept(batch, bytes));
            keptBytes += bytes;
            unstoredBytes += bytes;
            if (first || unstoredBytes > GATHER_BYTES) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private static long sizeBytes(AppliedBatch batch) {
        long bytes = 256
                + batch.tokens().length
                + 64L * batch.leases().size()
                + 256L * batch.auth().size();
        for (Change change : batch.changes()) {
            bytes += change.sizeBytes();
        }
        return bytes;
    }

    @Override
    public void awaitStored(long index) throws InterruptedException {
        lock.lock();
        try {
            waiting++;
            work.signal();
            while (storedIndex < index && !stopped) {
                changed.await();
            }
        } finally {
            waiting--;
            lock.unlock();
        }
    }

    /** @return whether PostgreSQL shows this revision within the time */
    public boolean awaitRevision(long revision, long nanos) throws InterruptedException {
        if (storedRevision >= revision) {
            return true;
        }
        long left = nanos;
        lock.lock();
        try {
            waiting++;
            work.signal();
            while (storedRevision < revision && !stopped) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return storedRevision >= revision;
        } finally {
            waiting--;
            lock.unlock();
        }
    }

    /** @return index up to which PostgreSQL shows all entries */
    public long storedIndex() {
        return storedIndex;
    }

    public long storedRevision() {
        return storedRevision;
    }

    @Override
    public long flushedIndex() {
        return flushedIndex;
    }

    @Override
    public long flushedRevision() {
        return flushedRevision;
    }

    public long keptBytes() {
        lock.lock();
        try {
            return keptBytes;
        } finally {
            lock.unlock();
        }
    }

    /** @param onTransaction receives the duration of each transaction in nanoseconds */
    public void measure(LongConsumer onTransaction) {
        measured = onTransaction;
    }

    /** @return whether PostgreSQL did not respond to the latest call */
    public boolean isUnavailable() {
        return unavailable;
    }

    /** @return how long a call has been in progress; 0: none is */
    public long callNanos() {
        long since = callSinceNanos;
        return since == 0 ? 0 : System.nanoTime() - since;
    }

    /** @return whether PostgreSQL's disk is full */
    public boolean isDiskFull() {
        return diskFull;
    }

    @Override
    public void close() {
        stopped = true;
        lock.lock();
        try {
            changed.signalAll();
            work.signal();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!stopped) {
                List<AppliedBatch> next = nextTransaction();
                if (!stopped) {
                    write(next);
                    noteFlushed();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable t) {
            if (!stopped) {
                failure.accept(t);
            }
        }
    }

    /** @return batches to write together; none when it is time to check PostgreSQL's flushed position */
    private List<AppliedBatch> nextTransaction() throws InterruptedException {
        lock.lock();
        try {
            if (unstoredBytes == 0) {
                work.await(kept.isEmpty() ? CHECK_MILLIS : FLUSH_POLL_MILLIS, TimeUnit.MILLISECONDS);
            }
            gather();
            List<AppliedBatch> next = writable();
            if (next.isEmpty() && unstoredBytes > 0 && !stopped) {
                // PostgreSQL must not get ahead of this member's log.
                work.await(LOG_POLL_MILLIS, TimeUnit.MILLISECONDS);
                next = writable();
            }
            begunNanos = System.nanoTime();
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void gather() throws InterruptedException {
        long left = begunNanos + GATHER_NANOS - System.nanoTime();
        while (left > 0 && unstoredBytes > 0 && unstoredBytes <= GATHER_BYTES && waiting == 0 && !stopped) {
            left = work.awaitNanos(left);
        }
    }

    private List<AppliedBatch> writable() {
        long durable = durableIndex.getAsLong();
        List<AppliedBatch> next = new ArrayList<>();
        int changes = 0;
        for (Kept each : kept) {
            long index = each.batch().index();
            if (index > storedIndex && index <= durable && changes < MAX_TRANSACTION_CHANGES) {
                next.add(each.batch());
                changes += each.batch().changes().size();
            }
        }
        return next;
    }

    /** @param batches none: only checks that PostgreSQL still has the written batches */
    private void write(List<AppliedBatch> batches) throws InterruptedException {
        callSinceNanos = System.nanoTime() | 1;
        try {
            if (batches.isEmpty()) {
                store.check();
            } else {
                store.write(batches);
                measured.accept(System.nanoTime() - callSinceNanos);
                stored(batches.getLast().index(), batches.getLast().revision());
            }
            diskFull = false;
            if (unavailable) {
                unavailable = false;
                LOG.infof("PostgreSQL is available again; it has all entries up to index %d", storedIndex);
            }
        } catch (StoreUnavailableException e) {
            diskFull = isDiskFull(e);
            if (!unavailable) {
                unavailable = true;
                LOG.warnf("PostgreSQL is unavailable at index %d: %s", storedIndex, e.getMessage());
            }
            Thread.sleep(RETRY_MILLIS);
        } catch (StoreRewoundException e) {
            rewind(e.appliedIndex());
        } finally {
            callSinceNanos = 0;
        }
    }

    private static boolean isDiskFull(StoreUnavailableException unavailable) {
        return unavailable.getCause() instanceof SQLException cause && DISK_FULL.equals(cause.getSQLState());
    }

    /** PostgreSQL lost transactions that it had not flushed: all batches after {@code index} are written again. */
    private void rewind(long index) {
        if (index < flushedIndex) {
            throw new StoreDamagedException(
                    "PostgreSQL restarted at index " + index + " although it had flushed index " + flushedIndex
                            + ": its data directory was replaced, or its disk reports flushes that did not happen");
        }
        LOG.warnf(
                "PostgreSQL restarted at index %d; writing the entries again that it lost, up to %d",
                index, storedIndex);
        lock.lock();
        try {
            long revision = flushedRevision;
            for (Kept each : kept) {
                if (each.batch().index() <= index) {
                    revision = each.batch().revision();
                }
            }
            storedIndex = index;
            storedRevision = revision;
            countUnstored();
        } finally {
            lock.unlock();
        }
    }

    private void stored(long index, long revision) {
        lock.lock();
        try {
            storedIndex = index;
            storedRevision = revision;
            countUnstored();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void countUnstored() {
        unstoredBytes = 0;
        Iterator<Kept> newestFirst = kept.descendingIterator();
        while (newestFirst.hasNext()) {
            Kept each = newestFirst.next();
            if (each.batch().index() <= storedIndex) {
                return;
            }
            unstoredBytes += each.bytes();
        }
    }

    private void noteFlushed() {
        long flushed = Math.min(store.flushedIndex(), storedIndex);
        if (flushed <= flushedIndex) {
            return;
        }
        lock.lock();
        try {
            for (Iterator<Kept> each = kept.iterator(); each.hasNext(); ) {
                Kept first = each.next();
                if (first.batch().index() > flushed) {
                    break;
                }
                flushedIndex = first.batch().index();
                flushedRevision = first.batch().revision();
                keptBytes -= first.bytes();
                each.remove();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        flushListener.run();
    }
}
