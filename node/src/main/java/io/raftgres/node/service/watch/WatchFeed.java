package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.ServiceException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * The watchers of one consumer and the one bounded buffer that they have. It has room for another delivery as long as it
 * holds little, or the feeds of the node together do; so a consumer that takes nothing holds 32 KiB and one delivery at
 * most when the node's buffers are used up, and one that is quick always gets on. Thread-safe; never blocks.
 */
public final class WatchFeed implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(WatchFeed.class);

    /** Bytes held beyond which nothing more is taken. */
    private static final long MAX_BYTES = 4L << 20;

    /** Bytes that each may hold whatever the others do; with less, watchers that are behind are brought on. */
    private static final long RESERVED_BYTES = 32 << 10;

    private final WatchHub hub;
    private final Runnable available;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Delivery> queue = new ArrayDeque<>();
    private final Set<Watcher> watchers = new HashSet<>();
    private final Set<Watcher> behind = new LinkedHashSet<>();
    private long bytes;
    private int synced;
    private boolean catchingUp;
    private boolean progressAsked;
    private boolean progressOwed;
    private boolean closed;
    private volatile ServiceException failure;

    WatchFeed(WatchHub hub, Runnable available) {
        this.hub = hub;
        this.available = available;
    }

    /**
     * Adds a watch. {@link Delivery.Created} comes first; when its start is compacted, {@link Delivery.Cancelled} next.
     *
     * @return the store's revision: of a watch from now on, the last that it does not see
     * @throws ServiceException.Overloaded when the node has too many
     */
    public long add(Watcher watcher) {
        hub.enter(watcher.spec);
        long revision = hub.revision();
        long from = watcher.spec.fromRevision();
        ServiceException.Compacted compacted = hub.compacted(from);
        watcher.feed = this;
        watcher.position = from == 0 ? revision : from - 1;
        boolean added = false;
        lock.lock();
        try {
            if (!closed) {
                put(new Delivery.Created(watcher, revision));
                if (compacted == null) {
                    added = watchers.add(watcher);
                } else {
                    watcher.closed = true;
                    put(new Delivery.Cancelled(watcher, compacted, revision));
                }
            }
        } finally {
            lock.unlock();
        }
        hub.post(added ? new WatchHub.Command.Join(watcher) : new WatchHub.Command.Leave(watcher));
        signal();
        return revision;
    }

    /** Ends a watch: what it was given before still comes, then {@link Delivery.Cancelled}. Without effect once it ended. */
    public void cancel(Watcher watcher) {
        end(watcher, null);
    }

    /** @param reason null: the consumer's wish */
    void end(Watcher watcher, ServiceException reason) {
        lock.lock();
        try {
            if (closed || watcher.closed) {
                return;
            }
            watcher.closed = true;
            watchers.remove(watcher);
            behind.remove(watcher);
            synced -= watcher.synced ? 1 : 0;
            put(new Delivery.Cancelled(watcher, reason, hub.revision()));
            oweProgress();
        } finally {
            lock.unlock();
        }
        hub.post(new WatchHub.Command.Leave(watcher));
        signal();
    }

    /** @throws ServiceException.Compacted when a watch from there on would not be whole */
    void requireNotCompacted(long fromRevision) {
        ServiceException.Compacted why = hub.compacted(fromRevision);
        if (why != null) {
            throw why;
        }
    }

    /** Asks for {@link Delivery.Progress} of all watchers, once they have everything up to the revision that the store is at. */
    public void requestProgress() {
        lock.lock();
        try {
            if (closed || progressAsked) {
                return;
            }
            progressAsked = true;
        } finally {
            lock.unlock();
        }
        hub.post(new WatchHub.Command.Progress(this, null));
    }

    /** Asks for {@link Delivery.Progress} of one watcher; none comes when it is behind, or something else does anyway. */
    public void requestProgress(Watcher watcher) {
        hub.post(new WatchHub.Command.Progress(this, watcher));
    }

    /** Puts something of the consumer's own behind what is there already. */
    public void own(Object content) {
        lock.lock();
        try {
            put(new Delivery.Own(content));
        } finally {
            lock.unlock();
        }
        signal();
    }

    /** @return null when there is nothing now: {@code available} is called when there is */
    public Delivery poll() {
        boolean low;
        Delivery delivery;
        lock.lock();
        try {
            delivery = queue.poll();
            if (delivery == null) {
                return null;
            }
            account(-delivery.sizeBytes());
            low = mayCatchUp();
        } finally {
            lock.unlock();
        }
        if (low) {
            hub.catchUp(this);
        }
        return delivery;
    }

    /** @return why the feed gives nothing more; null: it does */
    public ServiceException failure() {
        return failure;
    }

    /** @return everything up to this revision has been polled; 0: something has not */
    long progress() {
        long revision = hub.position();
        lock.lock();
        try {
            return queue.isEmpty() && synced == watchers.size() ? revision : 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        close(null);
    }

    void fail(ServiceException why) {
        close(why);
        signal();
    }

    private void close(ServiceException why) {
        List<Watcher> left;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            failure = why;
            left = List.copyOf(watchers);
            left.forEach(watcher -> watcher.closed = true);
            watchers.clear();
            behind.clear();
            queue.clear();
            synced = 0;
            account(-bytes);
        } finally {
            lock.unlock();
        }
        hub.closed(this, left);
    }

    /** Whatever goes wrong there is this consumer's trouble, not that of the thread which feeds all. */
    private void signal() {
        try {
            available.run();
        } catch (RuntimeException e) {
            LOG.error("a consumer of watches failed", e);
            close(new ServiceException.Unavailable("the watch failed: " + e));
        }
    }

    private void put(Delivery delivery) {
        if (!closed) {
            queue.add(delivery);
            account(delivery.sizeBytes());
        }
    }

    private void account(long change) {
        bytes += change;
        hub.buffered.addAndGet(change);
    }

    private boolean isFull() {
        return bytes >= MAX_BYTES || bytes >= RESERVED_BYTES && hub.buffered.get() >= WatchHub.MAX_BUFFERED_BYTES;
    }

    /** @return whether a catch-up is to be started, which counts as started from then on */
    private boolean mayCatchUp() {
        if (closed || catchingUp || behind.isEmpty() || bytes >= RESERVED_BYTES) {
            return false;
        }
        catchingUp = true;
        return true;
    }

    /**
     * @param changes of whole revisions, in order; taken over
     * @param revision to be told; 0: the last change's
     * @return false: there is no room; the watcher's position is before these changes
     */
    boolean offer(Watcher watcher, List<Change> changes, long revision) {
        lock.lock();
        try {
            if (closed || watcher.closed) {
                return true;
            }
            if (isFull()) {
                watcher.position = changes.getFirst().revision() - 1;
                return false;
            }
            watcher.position = changes.getLast().revision();
            long size = Delivery.OVERHEAD_BYTES;
            for (Change change : changes) {
                size += change.sizeBytes();
            }
            put(new Delivery.Changes(watcher, changes, revision == 0 ? watcher.position : revision, size));
        } finally {
            lock.unlock();
        }
        signal();
        return true;
    }

    /** Of the hub's thread, when it has let go of the watcher: it is to be brought on from its position. */
    void fallBehind(Watcher watcher) {
        boolean start;
        lock.lock();
        try {
            if (watcher.closed) {
                return;
            }
            synced -= watcher.synced ? 1 : 0;
            watcher.synced = false;
            behind.add(watcher);
            start = mayCatchUp();
        } finally {
            lock.unlock();
        }
        if (start) {
            hub.catchUp(this);
        }
    }

    /** Of the hub's thread: the watcher is in its index. */
    void synced(Watcher watcher) {
        boolean owed;
        lock.lock();
        try {
            if (watcher.closed) {
                return;
            }
            watcher.synced = true;
            synced++;
            owed = oweProgress();
        } finally {
            lock.unlock();
        }
        if (owed) {
            signal();
        }
    }

    /** Of the hub's thread, which has given everything up to its position. */
    void progress(Watcher watcher) {
        lock.lock();
        try {
            if (watcher == null) {
                progressAsked = false;
                progressOwed = true;
                oweProgress();
            } else if (!watcher.closed && watcher.synced && queue.isEmpty()
                    && hub.position() >= watcher.spec.fromRevision()) {
                put(new Delivery.Progress(watcher, hub.position()));
            }
        } finally {
            lock.unlock();
        }
        signal();
    }

    /** Not for a watch from a revision to come: it would seem to have been seen. @return whether the buffer has more */
    private boolean oweProgress() {
        if (!progressOwed || synced < watchers.size()) {
            return false;
        }
        progressOwed = false;
        long revision = hub.position();
        if (watchers.isEmpty() || watchers.stream().anyMatch(watcher -> watcher.spec.fromRevision() > revision)) {
            return false;
        }
        put(new Delivery.Progress(null, revision));
        return true;
    }

    /** Of the thread that catches up. @return the watchers to bring on; none: it is to stop, and counts as stopped */
    List<Watcher> toCatchUp() {
        lock.lock();
        try {
            if (closed || behind.isEmpty() || isFull()) {
                catchingUp = false;
                return List.of();
            }
            return new ArrayList<>(behind);
        } finally {
            lock.unlock();
        }
    }

    boolean hasRoom() {
        lock.lock();
        try {
            return !closed && !isFull();
        } finally {
            lock.unlock();
        }
    }

    /** Of the thread that catches up: the watcher is about where the hub is, which takes it over. */
    void rejoin(Watcher watcher) {
        lock.lock();
        try {
            if (watcher.closed || !behind.remove(watcher)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        hub.post(new WatchHub.Command.Join(watcher));
    }
}
