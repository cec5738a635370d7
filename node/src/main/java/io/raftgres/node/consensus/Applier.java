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
 * The apply thread: evaluates committed entries in batches, answers the writes that this node proposed, lets waiting
 * reads go, and hands the changes to watches and to the store. It owns the {@link KeyValueMachine}.
 */
public final class Applier implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Applier.class);

    /** Entries in one batch, and so in one query for missing rows. */
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

    /** Applied batches and entries so far, and the newest state; read by any thread. */
    public record Progress(MachineState state, long batches, long cachedBytes, int cachedRows) {}

    private final KeyValueMachine machine;
    private final RowCache cache;
    private final EventRing events;
    private final StoreSink store;
    private final Checkpoints checkpoints;
    private final LongConsumer appliedListener;
    private final Runnable answersSent;
    private final Consumer<Throwable> failure;
    private final Thread thread;
    private final LinkedBlockingQueue<Work> queue = new LinkedBlockingQueue<>();

    /**
     * Guarded by itself: whoever loses the leadership tells them, though the apply thread may be stuck at PostgreSQL.
     */
    private final PriorityQueue<Expected> expected = new PriorityQueue<>((a, b) -> Long.compare(a.index(), b.index()));

    /** Guarded by itself, for the same reason. */
    private final PriorityQueue<Work.Readable> waitingReads =
            new PriorityQueue<>((a, b) -> Long.compare(a.index(), b.index()));

    private long batches;
    private volatile Progress progress;

    /** Since when a run of entries has been under way, by System.nanoTime; 0: none is. */
    private volatile long busySinceNanos;

    private volatile boolean stopped;

    /**
     * @param appliedListener told the applied index after each batch
     * @param answersSent told when the writes of a batch have been told their answers
     */
    Applier(
            String name,
            KeyValueMachine machine,
            RowCache cache,
            EventRing events,
            StoreSink store,
            Checkpoints checkpoints,
            LongConsumer appliedListener,
            Runnable answersSent,
            Consumer<Throwable> failure) {
        this.machine = machine;
        this.cache = cache;
        this.events = events;
        this.store = store;
        this.checkpoints = checkpoints;
        this.appliedListener = appliedListener;
        this.answersSent = answersSent;
        this.failure = failure;
        this.progress = new Progress(machine.state(), 0, 0, 0);
        this.thread = Thread.ofPlatform().name("apply-" + name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** @return how far this node's state is, as of now */
    public Progress progress() {
        return progress;
    }

    /** @return for how long the entries under way have been waiting for PostgreSQL; 0 when none are */
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
     * These writes are the entries from {@code firstIndex} on. Told before the entries are committed. What was expected
     * there before was replaced in this member's log, but another may have it still, and lead next: it is decided when
     * an entry with its index is applied.
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

    /** Tells the writes that were proposed and are not applied. On the thread that proposed them. */
    void leadershipLost() {
        List<PendingWrite> pending = new ArrayList<>();
        synchronized (expected) {
            expected.forEach(each -> pending.add(each.write()));
        }
        pending.forEach(PendingWrite::uncertain);
    }

    /** Fails the reads that wait for entries to be applied: PostgreSQL is away, and another node may answer them. */
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
     * A row that a read found in PostgreSQL, worth keeping.
     *
     * @param askedAtIndex applied index before it was looked for
     */
    public void loaded(Key key, Row row, long askedAtIndex) {
        queue.add(new Work.Loaded(key, row, askedAtIndex));
    }

    /**
     * Rows that {@link CachePreload} has read.
     *
     * @param askedAtIndex what PostgreSQL had at least
     * @return whether there was room for them and for all before them; for waiting, so that few wait here
     */
    CompletableFuture<Boolean> preloaded(List<Row> rows, long askedAtIndex) {
        CompletableFuture<Boolean> taken = new CompletableFuture<>();
        queue.add(new Work.Preloaded(rows, askedAtIndex, taken));
        return taken;
    }

    /** There are no rows but those that were preloaded and those that were changed since. */
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
                // One at a time: what waits behind a PostgreSQL that is away can be found in the queue.
                for (Work work = queue.take(); work != null; work = queue.poll()) {
                    if (work instanceof Work.Committed committed) {
                        run.addAll(committed.entries());
                        if (run.size() >= MAX_BATCH_ENTRIES) {
                            apply(run);
                        }
                        continue;
                    }
                    // Whatever it is sees what came before it applied.
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
            if (run.getFirst().needsScan()) {
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

    /** @return how many of them are done */
    private int applyRun(List<Decoded> run) throws InterruptedException {
        Answers answers = new Answers(run.size());
        AppliedBatch batch = applyWhenPossible(run, answers);
        if (batch == null) {
            return 0;
        }
        batches++;
        events.append(batch.changes(), store.flushedRevision());
        progress = new Progress(machine.state(), batches, cache.sizeBytes(), cache.size());
        appliedListener.accept(batch.index());
        answers.send();
        answersSent.run();
        releaseReads();
        // Waiting for room there is being slowed down by a PostgreSQL that works.
        busySinceNanos = 0;
        store.submit(batch);
        cache.evict(store.flushedIndex());
        return (int) (batch.index() - run.getFirst().entry().index() + 1);
    }

    /** @return null when the node stops before PostgreSQL has answered */
    private AppliedBatch applyWhenPossible(List<Decoded> run, Answers answers) throws InterruptedException {
        boolean told = false;
        while (!stopped) {
            try {
                return machine.apply(run, answers);
            } catch (StoreUnavailableException e) {
                if (!told) {
                    LOG.warnf(
                            "applying waits for PostgreSQL at index %d: %s",
                            machine.state().index() + 1, e.getMessage());
                    told = true;
                }
                answers.forget();
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

    /** Collects what the entries of a batch did, to be told when all of it is applied. */
    private final class Answers implements KeyValueMachine.Listener {
        private final List<Runnable> completions;

        Answers(int size) {
            completions = new ArrayList<>(size);
        }

        @Override
        public void applied(Entry entry, ApplyResult answer) {
            checkpoints.applied(entry.index(), machine.state().hash());
            PendingWrite write = take(entry);
            if (write != null) {
                completions.add(() -> write.applied(answer));
            }
        }

        @Override
        public void refused(Entry entry, RefusedRequestException why) {
            checkpoints.applied(entry.index(), machine.state().hash());
            if (why.getCause() != null) {
                LOG.errorf(
                        why.getCause(),
                        "entry %d is refused on every member, for none can carry it out",
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

        /** @return the write that this very entry is, null when another node proposed it */
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
