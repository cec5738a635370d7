package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.service.KvService;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** One watch, read by one thread that may block. */
public final class WatchCursor implements KvService.Watch {

    private final WatchFeed feed;
    private final long createdRevision;
    private volatile Thread waiting;
    private long revision;

    /** @param feeds opens a feed; its argument is called when the feed has a delivery */
    public WatchCursor(Function<Runnable, WatchFeed> feeds, KeyRange range, long fromRevision) {
        this.feed = feeds.apply(() -> LockSupport.unpark(waiting));
        try {
            feed.requireNotCompacted(fromRevision);
            this.createdRevision = feed.add(new Watcher(new WatchSpec(range, fromRevision, true, true)));
        } catch (RuntimeException e) {
            feed.close();
            throw e;
        }
        this.revision = fromRevision == 0 ? createdRevision : fromRevision - 1;
    }

    @Override
    public long createdRevision() {
        return createdRevision;
    }

    @Override
    public long revision() {
        revision = Math.max(revision, feed.progress());
        return revision;
    }

    @Override
    public List<Change> next(Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        waiting = Thread.currentThread();
        while (true) {
            if (feed.failure() != null) {
                throw feed.failure();
            }
            switch (feed.poll()) {
                case Delivery.Changes changes -> {
                    revision = changes.changes().getLast().revision();
                    return changes.changes();
                }
                case Delivery.Cancelled cancelled -> throw cancelled.reason();
                case Delivery.Created created -> {}
                case Delivery.Progress progress ->
                    throw new IllegalStateException("a progress delivery that was not" + " requested");
                case Delivery.Own own -> throw new IllegalStateException("an own delivery that was not added");
                case null -> {
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        return List.of();
                    }
                    LockSupport.parkNanos(this, left);
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        feed.close();
    }
}
