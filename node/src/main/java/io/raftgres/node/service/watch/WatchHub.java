package io.raftgres.node.service.watch;

import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.memory.MemoryAccount;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Runs the thread that delivers changes to all watchers of a node that are up to date. Only this thread uses their
 * index; other threads change it through the hub's mailbox, so no thread waits for the hub. A change goes to a consumer
 * directly on this thread.
 */
public final class WatchHub implements AutoCloseable {

    /** Maximal number of open watches on one node. */
    public static final int MAX_WATCHES = 100_000;

    /**
     * Percentage of the watches' memory for the ends of all their ranges. The rest is for deliveries that wait in their
     * feeds.
     */
    private static final int RANGE_PARTS = 50;

    private static final long STANDARD_BYTES = 128L << 20;

    /** Maximal number of consumers of one node, each with any number of watches. */
    public static final int MAX_FEEDS = 20_000;

    /** Maximal number of concurrent reads of the history. */
    private static final int MAX_PAST_READS = 4;

    /** Number of changes read from the ring at a time. A watcher may be behind by this number when it joins. */
    static final int SLICE_CHANGES = 500;

    private static final Logger LOG = Logger.getLogger(WatchHub.class);
    private static final int BUSY_RETRY_MILLIS = 5_000;
    private static final long RESTART_PAUSE_MILLIS = 100;

    sealed interface Command {
        /** Takes the watcher into the index, from its position on. */
        record Join(Watcher watcher) implements Command {}

        /** The watch is closed. Called once for each watch that {@link #enter} has admitted. */
        record Leave(Watcher watcher) implements Command {}

        /** @param watcher null: all watchers of the feed */
        record Progress(WatchFeed feed, Watcher watcher) implements Command {}
    }

    final EventRing ring;
    final WatchHistory history;
    final Semaphore pastReads = new Semaphore(MAX_PAST_READS);

    /** Bytes of deliveries that wait in all feeds, or that clients have not taken. */
    final MemoryAccount buffered;

    private final long maxRangeBytes;
    private final LongSupplier compactedRevision;
    private final ConcurrentLinkedQueue<Command> mailbox = new ConcurrentLinkedQueue<>();
    private final Set<WatchFeed> feeds = ConcurrentHashMap.newKeySet();
    private final AtomicInteger openFeeds = new AtomicInteger();
    private final AtomicLong rangeBytes = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong failures = new AtomicLong();
    /** Changes of users for which the watches have not been checked again. */
    private final AtomicInteger rechecks = new AtomicInteger();

    private final Thread thread;
    private WatcherIndex index;
    private Dispatch dispatch;
    private volatile long position;

    /** The watches that have all changes up to {@link #position}. */
    private volatile int upToDate;

    private volatile ServiceException.Unavailable stopped;

    public WatchHub(EventRing ring, WatchHistory history, LongSupplier compactedRevision) {
        this(ring, history, compactedRevision, new MemoryAccount(STANDARD_BYTES));
    }

    /** @param compactedRevision watches from below are refused; @param memory of all watches */
    public WatchHub(EventRing ring, WatchHistory history, LongSupplier compactedRevision, MemoryAccount memory) {
        this.buffered = memory;
        this.maxRangeBytes = memory.limit() / 100 * RANGE_PARTS;
        this.ring = ring;
        this.history = history;
        this.compactedRevision = compactedRevision;
        this.position = ring.lastRevision();
        newIndex();
        this.thread = Thread.ofPlatform().name("watch").daemon().start(this::run);
    }

    private void newIndex() {
        index = new WatcherIndex();
        dispatch = new Dispatch(index, this::refused);
    }

    private void refused(Watcher watcher) {
        watcher.index = null;
        watcher.feed.fallBehind(watcher);
    }

    /**
     * @param available called whenever there may be something to poll or the feed has failed, by any thread, this hub's
     *     too: others get theirs after it, so it must not block
     * @throws ServiceException.Overloaded when the node has too many
     * @throws ServiceException.Unavailable when the node stops
     */
    public WatchFeed open(Runnable available) {
        return open(available, WatchRight.ALL);
    }

    /** @param right of the consumer */
    public WatchFeed open(Runnable available, WatchRight right) {
        if (openFeeds.incrementAndGet() > MAX_FEEDS) {
            openFeeds.decrementAndGet();
            throw new ServiceException.Overloaded(
                    "this node has " + MAX_FEEDS + " streams of watches", BUSY_RETRY_MILLIS);
        }
        WatchFeed feed = new WatchFeed(this, available, right);
        feeds.add(feed);
        ServiceException.Unavailable why = stopped;
        if (why != null) {
            feed.close();
            throw why;
        }
        return feed;
    }

    /** Asks again whether each watch may continue. Returns at once. */
    public void usersChanged() {
        if (!feeds.isEmpty() && rechecks.getAndIncrement() == 0) {
            Thread.ofVirtual().name("watch-rights").start(this::recheck);
        }
    }

    private void recheck() {
        int seen;
        do {
            seen = rechecks.get();
            feeds.forEach(WatchFeed::recheck);
        } while (rechecks.addAndGet(-seen) > 0);
    }

    /** @return number of watches that are open or not yet removed */
    public int openWatches() {
        return open.get();
    }

    /** @return number of these watches that are behind */
    public int watchesBehind() {
        return Math.max(0, open.get() - upToDate);
    }

    /** @return number of times that this hub has failed and restarted */
    public long failures() {
        return failures.get();
    }

    /** @return why a watch from there on would miss changes; null: it would not */
    ServiceException.Compacted compacted(long fromRevision) {
        long compacted = compactedRevision.getAsLong();
        return fromRevision == 0 || fromRevision >= compacted
                ? null
                : new ServiceException.Compacted(fromRevision, compacted);
    }

    /** @return the store's revision: no acknowledged write of this node is above it */
    long revision() {
        return ring.lastRevision();
    }

    /** @return revision up to which the up-to-date watchers have all changes */
    long position() {
        return position;
    }

    void enter(WatchSpec spec) {
        if (stopped != null) {
            throw stopped;
        }
        boolean tooMany = open.incrementAndGet() > MAX_WATCHES;
        if (rangeBytes.addAndGet(spec.sizeBytes()) > maxRangeBytes || tooMany) {
            leave(spec);
            throw new ServiceException.Overloaded("this node has " + open.get() + " watches open", BUSY_RETRY_MILLIS);
        }
    }

    private void leave(WatchSpec spec) {
        open.decrementAndGet();
        rangeBytes.addAndGet(-spec.sizeBytes());
    }

    void post(Command command) {
        mailbox.add(command);
        ring.wake();
    }

    void catchUp(WatchFeed feed) {
        Thread.ofVirtual().name("watch-past").start(new CatchUp(this, feed));
    }

    void closed(WatchFeed feed, List<Watcher> watchers) {
        if (feeds.remove(feed)) {
            openFeeds.decrementAndGet();
        }
        watchers.forEach(watcher -> mailbox.add(new Command.Leave(watcher)));
        ring.wake();
    }

    private void run() {
        try {
            while (stopped == null) {
                try {
                    turn();
                } catch (RuntimeException | Error e) {
                    restart(e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() throws InterruptedException {
        for (Command command = mailbox.poll(); command != null; command = mailbox.poll()) {
            take(command);
        }
        upToDate = index.size();
        if (!advance()) {
            ring.awaitAbove(position, TimeUnit.DAYS.toNanos(1));
        }
    }

    /**
     * The failure may have skipped a change for any watcher. So all open watches fail, and their clients continue from
     * their last revision, here or elsewhere. The hub restarts: a node that looks healthy but has no watches would be
     * worse than one that is down.
     */
    private void restart(Throwable why) throws InterruptedException {
        failures.incrementAndGet();
        LOG.error(
                "all watches of this node have failed; the hub restarts and their clients continue elsewhere or"
                        + " here",
                why);
        ServiceException.Unavailable failure =
                new ServiceException.Unavailable("the watches of this node have failed: " + why);
        newIndex();
        position = ring.lastRevision();
        for (WatchFeed feed : feeds) {
            try {
                feed.fail(failure);
            } catch (RuntimeException | Error e) {
                LOG.error("a consumer of watches failed when its feed ended; the others are not affected", e);
            }
        }
        // A failure that persists must not keep a processor busy.
        TimeUnit.MILLISECONDS.sleep(RESTART_PAUSE_MILLIS);
    }

    private void take(Command command) {
        switch (command) {
            case Command.Join join -> join(join.watcher());
            case Command.Leave leave -> {
                if (leave.watcher().index == index) {
                    leave.watcher().index = null;
                    index.remove(leave.watcher());
                }
                leave(leave.watcher().spec);
            }
            case Command.Progress progress -> {
                long asked = revision();
                while (position < asked) {
                    advance();
                }
                progress.feed().progress(progress.watcher());
            }
        }
    }

    /** Gives the missing changes at once if they are few. Otherwise the watcher must catch up first. */
    private void join(Watcher watcher) {
        if (watcher.closed) {
            return;
        }
        if (watcher.position < position) {
            EventRing.Slice slice = position - watcher.position > SLICE_CHANGES
                    ? null
                    : ring.read(watcher.spec.range(), watcher.position + 1, SLICE_CHANGES);
            if (slice == null || slice.revision() < position) {
                watcher.feed.fallBehind(watcher);
                return;
            }
            WatcherIndex alone = new WatcherIndex();
            alone.add(watcher);
            new Dispatch(alone, this::refused).run(slice.changes(), 0);
            if (alone.size() == 0) {
                return;
            }
            watcher.position = slice.revision();
        }
        index.add(watcher);
        watcher.index = index;
        watcher.feed.synced(watcher);
    }

    /** @return whether there were new changes */
    private boolean advance() {
        EventRing.Slice slice = ring.read(KeyRange.EVERYTHING, position + 1, SLICE_CHANGES);
        if (slice == null) {
            overtaken();
            return true;
        }
        if (slice.revision() <= position) {
            return false;
        }
        if (index.size() > 0) {
            dispatch.run(slice.changes(), 0);
        }
        position = slice.revision();
        return true;
    }

    /** The ring no longer has changes that this thread has not read: all watchers must catch up. */
    private void overtaken() {
        long before = position;
        List<Watcher> all = index.all();
        newIndex();
        for (Watcher watcher : all) {
            watcher.index = null;
            watcher.position = Math.max(watcher.position, before);
            watcher.feed.fallBehind(watcher);
        }
        // Not before: a synced watcher receives this as its progress.
        position = ring.lastRevision();
    }

    private void stop(String why) {
        stopped = new ServiceException.Unavailable(why);
        feeds.forEach(feed -> feed.fail(stopped));
    }

    /** Ends all feeds: they fail with Unavailable. */
    @Override
    public void close() {
        stop("the node is stopping");
        ring.wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
