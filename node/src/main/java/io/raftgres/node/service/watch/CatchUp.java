package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Brings the watchers of one feed that are behind up to the hub's position. One pass over the ring serves all watchers
 * that it can; the others are served one by one from the history. It ends when the feed is full, and starts again when
 * the consumer has taken deliveries. One at a time per feed, on a virtual thread.
 */
final class CatchUp implements Runnable {

    private static final Logger LOG = Logger.getLogger(CatchUp.class);

    /**
     * Number of changes that one read takes from the history: each read visits all rows of the range. The store bounds
     * their bytes, too.
     */
    private static final int MAX_PAST_CHANGES = 10_000;

    /**
     * Revisions of the first read. PostgreSQL sorts all their changes, although only a bounded number of bytes is
     * taken. So their number begins with about as many as are taken, and grows as long as few of the changes are in the
     * watcher's range.
     */
    private static final long FIRST_REVISIONS = 2_000;

    private static final long MAX_REVISIONS = 640_000;

    private static final Duration RETRY = Duration.ofMillis(200);

    /** If PostgreSQL is unavailable for this time, the watch ends, so that its consumer asks another node. */
    private static final Duration MAX_UNAVAILABLE = Duration.ofSeconds(30);

    private final WatchHub hub;
    private final WatchFeed feed;
    private long unavailableSinceNanos;
    private long revisions = FIRST_REVISIONS;

    CatchUp(WatchHub hub, WatchFeed feed) {
        this.hub = hub;
        this.feed = feed;
    }

    @Override
    public void run() {
        try {
            for (List<Watcher> behind = feed.toCatchUp(); !behind.isEmpty(); behind = feed.toCatchUp()) {
                long first = hub.ring.firstRevision();
                fromRing(behind.stream()
                        .filter(watcher -> watcher.position + 1 >= first)
                        .toList());
                for (Watcher watcher : behind) {
                    if (watcher.position + 1 < first && feed.hasRoom()) {
                        fromHistory(watcher, first - 1);
                    }
                }
            }
        } catch (ServiceException e) {
            feed.fail(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            feed.fail(new ServiceException.Unavailable("the node is stopping"));
        } catch (RuntimeException | Error e) {
            LOG.error("a watch could not read the history because of a defect; it ends, and its client asks again", e);
            feed.fail(new ServiceException.Unavailable("the watch failed to read the past: " + e));
        }
    }

    private void fromRing(List<Watcher> watchers) {
        if (watchers.isEmpty()) {
            return;
        }
        WatcherIndex index = new WatcherIndex();
        watchers.forEach(index::add);
        Dispatch dispatch = new Dispatch(index, refused -> {});
        long position =
                watchers.stream().mapToLong(watcher -> watcher.position).min().getAsLong();
        boolean atEnd = false;
        while (!atEnd && index.size() > 0) {
            EventRing.Slice slice = hub.ring.read(KeyRange.EVERYTHING, position + 1, WatchHub.SLICE_CHANGES);
            if (slice == null) {
                break;
            }
            dispatch.run(slice.changes(), hub.revision());
            position = Math.max(position, slice.revision());
            atEnd = position >= hub.revision();
        }
        for (Watcher watcher : index.all()) {
            watcher.position = Math.max(watcher.position, position);
            if (atEnd) {
                feed.rejoin(watcher);
            }
        }
    }

    private void fromHistory(Watcher watcher, long until) throws InterruptedException {
        List<Change> changes = new ArrayList<>();
        long from = watcher.position + 1;
        long to = Math.min(until, from + revisions - 1);
        long reached;
        hub.pastReads.acquire();
        try {
            reached = hub.history.read(watcher.spec.range(), from, to, MAX_PAST_CHANGES, change -> {
                if (watcher.spec.wants(change)) {
                    changes.add(change);
                }
            });
            unavailableSinceNanos = 0;
        } catch (ServiceException.Compacted e) {
            feed.end(watcher, e);
            return;
        } catch (StoreUnavailableException e) {
            await(e);
            return;
        } finally {
            hub.pastReads.release();
        }
        adapt(reached - from + 1, reached >= to, changes);
        if (deliver(watcher, changes)) {
            watcher.position = Math.max(watcher.position, reached);
        }
    }

    /** @param all whether the read revisions had no more changes */
    private void adapt(long reached, boolean all, List<Change> changes) {
        if (!all) {
            revisions = Math.clamp(2 * reached, 1, MAX_REVISIONS);
        } else if (changes.size() < MAX_PAST_CHANGES / 4
                && changes.stream().mapToLong(Change::sizeBytes).sum() < Dispatch.MAX_DELIVERY_BYTES) {
            revisions = Math.min(4 * revisions, MAX_REVISIONS);
        }
    }

    /** @return false: the feed is full */
    private boolean deliver(Watcher watcher, List<Change> changes) {
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < changes.size(); i++) {
            bytes += changes.get(i).sizeBytes();
            boolean last = i + 1 == changes.size();
            boolean whole =
                    last || changes.get(i + 1).revision() != changes.get(i).revision();
            if (last || whole && bytes >= Dispatch.MAX_DELIVERY_BYTES) {
                if (!feed.offer(watcher, List.copyOf(changes.subList(from, i + 1)), hub.revision())) {
                    return false;
                }
                from = i + 1;
                bytes = 0;
            }
        }
        return true;
    }

    private void await(StoreUnavailableException why) throws InterruptedException {
        long now = System.nanoTime();
        if (unavailableSinceNanos == 0) {
            unavailableSinceNanos = now;
        } else if (now - unavailableSinceNanos > MAX_UNAVAILABLE.toNanos()) {
            throw new ServiceException.Unavailable(
                    "the watch is behind, and this node's PostgreSQL is unavailable: " + why.getMessage());
        }
        Thread.sleep(RETRY);
    }
}
