package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import java.util.List;
import org.jboss.logging.Logger;

/** The watchers of one consumer, with one bounded buffer. Thread-safe; never blocks. */
public final class WatchFeed implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(WatchFeed.class);

    private final WatchHub hub;
    private final Runnable available;
    private final WatchRight right;
    private final Object lock = new Object();
    private final DeliveryBuffer buffer;
    private final FeedWatchers watchers = new FeedWatchers();
    private boolean catchingUp;
    private boolean progressAsked;
    private boolean progressOwed;
    /** One of all watchers is in the buffer: the next one is owed until it is taken. */
    private boolean progressWaits;

    private boolean closed;
    private volatile ServiceException failure;

    WatchFeed(WatchHub hub, Runnable available, WatchRight right) {
        this.hub = hub;
        this.right = right;
        this.available = available;
        this.buffer = new DeliveryBuffer(hub.buffered);
    }

    /**
     * Adds a watch. {@link Delivery.Created} comes first; when its start is compacted, {@link Delivery.Cancelled} next.
     *
     * @return the store's revision: of a watch from now on, the last that it does not see
     * @throws ServiceException.Overloaded when the node has too many
     * @throws ServiceException.Rejected the consumer may not read the range
     */
    public long add(Watcher watcher) {
        requireRight(watcher.spec.range());
        hub.enter(watcher.spec);
        long revision = hub.revision();
        long from = watcher.spec.fromRevision();
        ServiceException.Compacted compacted = hub.compacted(from);
        watcher.feed = this;
        watcher.position = from == 0 ? revision : from - 1;
        synchronized (lock) {
            put(new Delivery.Created(watcher, revision));
            watcher.closed = closed || compacted != null;
            if (compacted != null) {
                put(new Delivery.Cancelled(watcher, compacted, revision));
            }
            if (!watcher.closed) {
                watchers.add(watcher);
            }
        }
        hub.post(watcher.closed ? new WatchHub.Command.Leave(watcher) : new WatchHub.Command.Join(watcher));
        // Users may have changed since the check, when the watch was not in the list yet.
        recheck(watcher);
        signal();
        return revision;
    }

    /** @throws ServiceException.Rejected the consumer may not read the range */
    public void requireRight(KeyRange range) {
        right.require(range);
    }

    /** Ends the watches that the consumer may no longer have. */
    void recheck() {
        List<Watcher> now;
        synchronized (lock) {
            now = watchers.all();
        }
        now.forEach(this::recheck);
    }

    private void recheck(Watcher watcher) {
        try {
            right.requireStill(watcher.spec.range());
        } catch (ServiceException e) {
            end(watcher, e);
        }
    }

    /**
     * Ends a watch: deliveries already in the buffer still come, then {@link Delivery.Cancelled} without a reason.
     *
     * @return false: it has ended before, for a reason that comes or has come
     */
    public boolean cancel(Watcher watcher) {
        return end(watcher, null);
    }

    /** @param reason null: the consumer's wish @return whether it had not ended */
    boolean end(Watcher watcher, ServiceException reason) {
        synchronized (lock) {
            if (closed || watcher.closed) {
                return false;
            }
            watchers.close(watcher);
            put(new Delivery.Cancelled(watcher, reason, hub.revision()));
            oweProgress();
        }
        hub.post(new WatchHub.Command.Leave(watcher));
        signal();
        return true;
    }

    /** @throws ServiceException.Compacted when a watch from there on would not be whole */
    void requireNotCompacted(long fromRevision) {
        ServiceException.Compacted why = hub.compacted(fromRevision);
        if (why != null) {
            throw why;
        }
    }

    /**
     * Asks for {@link Delivery.Progress} of all watchers, once they have everything up to the revision that the store
     * is at. None comes when there are no watchers, or one begins later.
     */
    public void requestProgress() {
        synchronized (lock) {
            if (closed || progressAsked) {
                return;
            }
            progressAsked = true;
        }
        hub.post(new WatchHub.Command.Progress(this, null));
    }

    /** Asks for {@link Delivery.Progress} of one watcher; none comes when it is behind or anything else waits. */
    public void requestProgress(Watcher watcher) {
        hub.post(new WatchHub.Command.Progress(this, watcher));
    }

    /** Adds an object of the consumer behind the existing deliveries. */
    public void own(Object content) {
        synchronized (lock) {
            put(new Delivery.Own(content));
        }
        signal();
    }

    /** @return null when there is no delivery now; {@code available} is called when there is one */
    public Delivery poll() {
        Delivery delivery;
        boolean more;
        synchronized (lock) {
            delivery = buffer.poll();
            if (delivery instanceof Delivery.Progress progress && progress.watcher() == null) {
                progressWaits = false;
                oweProgress();
            }
            more = mayCatchUp();
        }
        if (more) {
            hub.catchUp(this);
        }
        return delivery;
    }

    /** @return why the feed has ended; null: it has not */
    public ServiceException failure() {
        return failure;
    }

    /** @return revision up to which all changes have been polled; 0: some have not */
    long progress() {
        long revision = hub.position();
        synchronized (lock) {
            return buffer.isEmpty() && watchers.areSynced() ? revision : 0;
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
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            failure = why;
            left = watchers.closeAll();
            buffer.clear();
        }
        hub.closed(this, left);
    }

    /** A failure of the consumer must not affect the thread that serves all feeds. */
    private void signal() {
        try {
            available.run();
        } catch (RuntimeException e) {
            LOG.error(
                    "a consumer of watches failed because of a defect; its watches end, and its client asks again", e);
            close(new ServiceException.Unavailable("the watch failed: " + e));
        }
    }

    private void put(Delivery delivery) {
        if (!closed) {
            buffer.put(delivery);
        }
    }

    /** @return whether the caller must start a catch-up; it counts as started from then on */
    private boolean mayCatchUp() {
        if (closed || catchingUp || !watchers.anyBehind() || !buffer.isLow()) {
            return false;
        }
        catchingUp = true;
        return true;
    }

    /**
     * @param changes of whole revisions, in order; never changed again
     * @param revision to be sent; 0: that of the last change
     * @return false: there is no room for all of them; the watcher's position is before the rest
     */
    boolean offer(Watcher watcher, List<Change> changes, long revision) {
        boolean all;
        synchronized (lock) {
            if (closed || watcher.closed) {
                return true;
            }
            if (buffer.isFull()) {
                watcher.position = changes.getFirst().revision() - 1;
                return false;
            }
            int fitting = buffer.fitting(changes);
            all = fitting == changes.size();
            List<Change> taken = all ? changes : List.copyOf(changes.subList(0, fitting));
            watcher.position = taken.getLast().revision();
            put(Delivery.Changes.of(watcher, taken, revision == 0 ? watcher.position : revision));
        }
        signal();
        return all;
    }

    /**
     * The hub's thread calls this after it has removed the watcher from its index: the watcher must catch up from its
     * position.
     */
    void fallBehind(Watcher watcher) {
        boolean start;
        synchronized (lock) {
            if (watcher.closed) {
                return;
            }
            watchers.fallBehind(watcher);
            start = mayCatchUp();
        }
        if (start) {
            hub.catchUp(this);
        }
    }

    /** The hub's thread calls this when the watcher is in its index. */
    void synced(Watcher watcher) {
        boolean owed;
        synchronized (lock) {
            if (watcher.closed) {
                return;
            }
            watchers.sync(watcher);
            owed = oweProgress();
        }
        if (owed) {
            signal();
        }
    }

    /**
     * The hub's thread calls this after it has given all changes up to its position.
     *
     * @param watcher null: all watchers of the feed
     */
    void progress(Watcher watcher) {
        synchronized (lock) {
            if (watcher == null) {
                progressAsked = false;
                progressOwed = true;
                oweProgress();
            } else if (watcher.synced && buffer.isEmpty() && watcher.spec.fromRevision() <= hub.position()) {
                put(new Delivery.Progress(watcher, hub.position()));
            }
        }
        signal();
    }

    /** @return whether there are more deliveries */
    private boolean oweProgress() {
        if (!progressOwed || progressWaits || !watchers.areSynced()) {
            return false;
        }
        progressOwed = false;
        long revision = hub.position();
        if (!watchers.haveBegunBy(revision)) {
            return false;
        }
        put(new Delivery.Progress(null, revision));
        progressWaits = true;
        return true;
    }

    /**
     * The catch-up's thread calls this.
     *
     * @return watchers that must catch up; none: the thread must stop, and counts as stopped
     */
    List<Watcher> toCatchUp() {
        synchronized (lock) {
            if (closed || !watchers.anyBehind() || buffer.isFull()) {
                catchingUp = false;
                return List.of();
            }
            return watchers.behind();
        }
    }

    boolean hasRoom() {
        synchronized (lock) {
            return !closed && !buffer.isFull();
        }
    }

    /** The catch-up's thread calls this when the watcher is near the hub's position. The hub then takes it over. */
    void rejoin(Watcher watcher) {
        boolean rejoins;
        synchronized (lock) {
            rejoins = watchers.leaveBehind(watcher);
        }
        if (rejoins) {
            hub.post(new WatchHub.Command.Join(watcher));
        }
    }
}
