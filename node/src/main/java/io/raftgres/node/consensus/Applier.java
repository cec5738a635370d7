package io.raftgres.node.consensus;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyValueMachine;
import io.raftgres.node.kv.KeyValueMachine.Decoded;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.RefusedRequestException;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.raft.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;

/**
 * The apply thread. It evaluates committed entries in batches, completes the writes that this node proposed, releases
 * waiting reads, and passes the changes to watches and to the store. It owns the {@link KeyValueMachine}.
 */
public final class Applier implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Applier.class);

    /** Upper bound of entries in one batch, and so in one query for missing rows. */
    private static final int MAX_BATCH_ENTRIES = 2_000;

    private static final long RETRY_MILLIS = 50;

    private sealed interface Work {
        record Committed(List<Entry> entries) implements Work {}

        record Readable(long index, List<PendingRead> reads) implements Work {}

        record Loaded(Key key, Row row, long askedAtIndex) implements Work {}

        record Preloaded(List<Row> rows, long askedAtIndex, CompletableFuture<Boolean> taken) implements Work {}

        record AllPreloaded() implements Work {}

        record Stop() implements Work {}
    }

    private record Expected(long index, long term, PendingWrite write) {}

    /** Number of applied batches, size of the cache, and the newest state; read by any thread. */
    public record Progress(MachineState state, long batches, long cachedBytes, int cachedRows) {}

    private final KeyValueMachine machine;
    private final RowCache cache;
    private final EventRing events;
    private final StoreSink store;
    private final Checkpoints checkpoints;
    private final LongConsumer appliedListener;
    private final Runnable resultsSent;
    private final Consumer<Throwable> failure;
    private final Thread thread;
    private final LinkedBlockingQueue<Work> queue = new LinkedBlockingQueue<>();

    /**
     * Guarded by itself: the thread that loses leadership completes these writes, even if the apply thread waits for
     * PostgreSQL.
     */
    private final PriorityQueue<Expected> expected = new PriorityQueue<>((a, b) -> Long.compare(a.index(), b.index()));

    /** Guarded by itself, for the same reason. */
    private final PriorityQueue<Work.Readable> waitingReads =
            new PriorityQueue<>((a, b) -> Long.compare(a.index(), b.index()));

    private long batches;
    private volatile Progress progress;

    /** Start of the run of entries in progress, by System.nanoTime; 0: none is. */
    private volatile long busySinceNanos;

    private volatile boolean stopped;

    /**
     * @param appliedListener receives the applied index after each batch
     * @param resultsSent called after the writes of a batch have their results
     */
    Applier(
            String name,
            KeyValueMachine machine,
            RowCache cache,
            EventRing events,
            StoreSink store,
            Checkpoints checkpoints,
            LongConsumer appliedListener,
            Runnable resultsSent,
            Consumer<Throwable> failure) {
        this.machine = machine;
        this.cache = cache;
        this.events = events;
        this.store = store;
        this.checkpoints = checkpoints;
        this.appliedListener = appliedListener;
        this.resultsSent = resultsSent;
        this.failure = failure;
        this.progress = new Progress(machine.state(), 0, 0, 0);
        this.thread = Thread.ofPlatform().name("apply-" + name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** @return the current progress of this node's state */
    public Progress progress() {
        return progress;
    }

    /** @return how long the entries in progress have been waiting for PostgreSQL; 0 when there are none */
    public long waitingNanos() {
        long since = busySinceNanos;
        return since == 0 ? 0 : System.nanoTime() - since;
    }

    public int waitingWork() {
        return queue.size();
    }

    void committed(List<Entry> entries) {
        queue.add(new Work.Committed(entries));
    }

    /**
     * These writes are the entries from {@code firstIndex} on. The call precedes their commitment. The writes expected
     * there before were replaced in this member's log. Another member may still have them and lead next. So each is
     * decided when an entry with its index is applied.
     */
    void proposed(long firstIndex, long term, List<PendingWrite> writes) {
        synchronized (expected) {
            long index = firstIndex;
            for (PendingWrite write : writes) {
                expected.add(new Expected(index++, term, write));
            }
        }
    }

    void readable(long index, List<PendingRead> reads) {
        if (progress.state().index() >= index) {
            reads.forEach(PendingRead::ready);
        } else {
            queue.add(new Work.Readable(index, reads));
        }
    }

    /** Marks the proposed writes that are not applied as uncertain. Runs on the thread that proposed them. */
    void leadershipLost() {
        List<PendingWrite> pending = new ArrayList<>();
        synchronized (expected) {
            expected.forEach(each -> pending.add(each.write()));
        }
        pending.forEach(PendingWrite::uncertain);
    }

    /**
     * Fails the reads that wait for entries to be applied: PostgreSQL is unavailable, and another node may answer them.
     */
    public void failReads(String why) {
        List<PendingRead> waiting = new ArrayList<>();
        synchronized (waitingReads) {
            waitingReads.forEach(each -> waiting.addAll(each.reads()));
            waitingReads.clear();
        }
        queue.removeIf(work -> {
            if (work instanceof Work.Readable readable) {
                waiting.addAll(readable.reads());
                return true;
            }
            return false;
        });
        waiting.forEach(read -> read.unavailable(why));
    }

    /**
     * Caches a row that a read found in PostgreSQL.
     *
     * @param askedAtIndex applied index before the query
     */
    public void loaded(Key key, Row row, long askedAtIndex) {
        queue.add(new Work.Loaded(key, row, askedAtIndex));
    }

    /**
     * Caches rows that {@link CachePreload} has read.
     *
     * @param askedAtIndex PostgreSQL had at least this index
     * @return whether the cache had room for these and all earlier rows; the caller waits for it, so that few rows
     *     queue here
     */
    CompletableFuture<Boolean> preloaded(List<Row> rows, long askedAtIndex) {
        CompletableFuture<Boolean> taken = new CompletableFuture<>();
        queue.add(new Work.Preloaded(rows, askedAtIndex, taken));
        return taken;
    }

    /** Records that no rows exist except the preloaded ones and those changed since. */
    void allPreloaded() {
        queue.add(new Work.AllPreloaded());
    }

    @Override
    public void close() {
        stopped = true;
        queue.add(new Work.Stop());
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        List<Entry> run = new ArrayList<>();
        try {
            while (!stopped) {
                // One entry at a time: the work that waits for an unavailable PostgreSQL must stay in the queue, where
                // others find it.
                for (Work work = queue.take(); work != null; work = queue.poll()) {
                    if (work instanceof Work.Committed committed) {
                        run.addAll(committed.entries());
                        if (run.size() >= MAX_BATCH_ENTRIES) {
                            apply(run);
                        }
                        continue;
                    }
                    // This work must see the preceding entries applied.
                    apply(run);
                    take(work);
                }
                apply(run);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable t) {
            if (!stopped) {
                failure.accept(t);
            }
        }
    }

    private void take(Work work) {
        switch (work) {
            case Work.Committed committed -> throw new IllegalStateException("collected by the caller");
            case Work.Readable readable -> {
                synchronized (waitingReads) {
                    waitingReads.add(readable);
                }
                releaseReads();
            }
            case Work.Loaded loaded -> {
                cache.loaded(loaded.key(), loaded.row(), loaded.askedAtIndex());
                cache.evict(store.flushedIndex());
            }
            case Work.Preloaded preloaded -> {
                preloaded.rows().forEach(row -> cache.loaded(row.key(), row, preloaded.askedAtIndex()));
                cache.evict(store.flushedIndex());
                preloaded.taken().complete(cache.evictions() == 0);
            }
            case Work.AllPreloaded all -> {
                if (cache.evictions() == 0) {
                    cache.becomeWhole();
                }
            }
            case Work.Stop stop -> {}
        }
    }

    private void apply(List<Entry> entries) throws InterruptedException {
        busySinceNanos = entries.isEmpty() ? 0 : System.nanoTime() | 1;
        int from = 0;
        while (from < entries.size() && !stopped) {
            List<Decoded> run = nextRun(entries, from);
            if (machine.needsScan(run.getFirst())) {
                store.awaitStored(machine.state().index());
            }
            from += applyRun(run);
            busySinceNanos = System.nanoTime() | 1;
        }
        busySinceNanos = 0;
        entries.clear();
    }

    /** @return entries from {@code from} on up to one that needs a scan, or that one alone */
    private static List<Decoded> nextRun(List<Entry> entries, int from) {
        List<Decoded> run = new ArrayList<>();
        for (int i = from; i < entries.size() && run.size() < MAX_BATCH_ENTRIES; i++) {
            Decoded decoded = Decoded.of(entries.get(i));
            if (decoded.needsScan()) {
                if (run.isEmpty()) {
                    run.add(decoded);
                }
                break;
            }
            run.add(decoded);
        }
        return run;
    }

    /** @return number of entries applied */
    private int applyRun(List<Decoded> run) throws InterruptedException {
        Results results = new Results(run.size());
        AppliedBatch batch = applyWhenPossible(run, results);
        if (batch == null) {
            return 0;
        }
        batches++;
        events.append(batch.changes(), store.flushedRevision());
        progress = new Progress(machine.state(), batches, cache.sizeBytes(), cache.size());
        appliedListener.accept(batch.index());
        results.send();
        resultsSent.run();
        releaseReads();
        // Waiting for room in the store is back-pressure by a PostgreSQL that works, so it does not count.
        busySinceNanos = 0;
        store.submit(batch);
        cache.evict(store.flushedIndex());
        return (int) (batch.index() - run.getFirst().entry().index() + 1);
    }

    /** @return null when the node stops before PostgreSQL has responded */
    private AppliedBatch applyWhenPossible(List<Decoded> run, Results results) throws InterruptedException {
        boolean warned = false;
        while (!stopped) {
            try {
                return machine.apply(run, results);
            } catch (StoreUnavailableException e) {
                if (!warned) {
                    LOG.warnf(
                            "cannot apply the entry at index %d yet, waiting for PostgreSQL: %s",
                            machine.state().index() + 1, e.getMessage());
                    warned = true;
                }
                results.forget();
                Thread.sleep(RETRY_MILLIS);
            }
        }
        return null;
    }

    private void releaseReads() {
        long index = machine.state().index();
        while (true) {
            Work.Readable first;
            synchronized (waitingReads) {
                if (waitingReads.isEmpty() || waitingReads.peek().index() > index) {
                    return;
                }
                first = waitingReads.poll();
            }
            first.reads().forEach(PendingRead::ready);
        }
    }

    /** Collects the results of a batch's entries, and delivers them when the whole batch is applied. */
    private final class Results implements KeyValueMachine.Listener {
        private final List<Runnable> completions;

        Results(int size) {
            completions = new ArrayList<>(size);
        }

        @Override
        public void applied(Entry entry, ApplyResult result) {
            checkpoints.applied(entry.index(), machine.state().hash());
            PendingWrite write = take(entry);
            if (write != null) {
                completions.add(() -> write.applied(result));
            }
        }

        @Override
        public void refused(Entry entry, RefusedRequestException why) {
            checkpoints.applied(entry.index(), machine.state().hash());
            if (why.getCause() != null) {
                LOG.errorf(
                        why.getCause(),
                        "entry %d is refused on every member, because none can execute it",
                        entry.index());
            }
            PendingWrite write = take(entry);
            if (write != null) {
                completions.add(() -> write.refused(why.asServiceException()));
            }
        }

        @Override
        public void passed(Entry entry) {
            checkpoints.applied(entry.index(), machine.state().hash());
            PendingWrite write = take(entry);
            if (write != null) {
                throw new IllegalStateException("a write became " + entry);
            }
        }

        /** @return the write that this entry carries, null when another node proposed it */
        private PendingWrite take(Entry entry) {
            PendingWrite found = null;
            while (true) {
                Expected first;
                synchronized (expected) {
                    if (expected.isEmpty() || expected.peek().index() > entry.index()) {
                        return found;
                    }
                    first = expected.poll();
                }
                if (first.index() == entry.index() && first.term() == entry.term()) {
                    found = first.write();
                } else {
                    first.write().notDone(PendingWrite.NotDone.NOT_LEADER);
                }
            }
        }

        void forget() {
            if (!completions.isEmpty()) {
                throw new IllegalStateException("entries were applied before their rows were there");
            }
        }

        void send() {
            completions.forEach(Runnable::run);
        }
    }
}
