package io.raftgres.node.snapshot;

import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.SnapshotRejectedException;
import io.raftgres.node.store.staging.StagedState;
import io.raftgres.node.store.staging.StagingWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** The receiving side: fetches a snapshot from any member that has one, and stages it. */
public final class SnapshotFetcher implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SnapshotFetcher.class);

    /** Pause between two rounds over all sources. */
    private static final long PAUSE_MILLIS = 500;

    /** A source whose snapshot was invalid is not asked again for this long. */
    private static final long BAD_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Upper bound of restarts of a snapshot that PostgreSQL damaged here. */
    private static final int DAMAGED_MAX = 3;

    private final StoreOptions store;
    private final SnapshotOptions options;
    private final SnapshotSender sender;
    private final Supplier<List<Long>> candidates;
    private final Throttle throttle;
    private final AtomicLong receivedBytes = new AtomicLong();
    private final Map<Long, Long> badSinceNanos = new HashMap<>();
    private volatile Transfer transfer;
    private volatile boolean closed;
    private volatile long needed;
    private boolean reportedUnavailable;

    /** @param candidates members that may have a snapshot, the best one first; called before each round */
    public SnapshotFetcher(
            StoreOptions store, SnapshotOptions options, SnapshotSender sender, Supplier<List<Long>> candidates) {
        this.store = store;
        this.options = options;
        this.sender = sender;
        this.candidates = candidates;
        this.throttle = new Throttle(options.bytesPerSecond());
    }

    /**
     * Changes the index that {@link #fetch} needs, from the next source on. A later leader may need a lower index than
     * its predecessor. To insist on the old index could mean to wait permanently, if no other member has it.
     *
     * @param minIndex the member needs state at or above it
     */
    public void need(long minIndex) {
        needed = minIndex;
    }

    /**
     * Tries one source after the other until one succeeds. For one thread at a time.
     *
     * @return when a snapshot is staged, complete and checked: {@link StagedSnapshot#install} continues from there
     * @throws InterruptedException interrupted or closed; the loaded part stays for the next time
     * @throws StoreDamagedException this member's PostgreSQL does not keep the rows written to it
     * @throws IllegalStateException the snapshot cannot be used, for a permanent reason
     */
    public Fetched fetch() throws InterruptedException {
        int damaged = 0;
        boolean discard = false;
        while (true) {
            requireOpen();
            try {
                if (discard) {
                    StagedSnapshot.discard(store);
                    discard = false;
                }
                Optional<SnapshotManifest> done = round();
                if (done.isPresent()) {
                    return Fetched.of(done.get());
                }
                reportedUnavailable = false;
            } catch (StoreUnavailableException e) {
                requireOpen();
                if (!reportedUnavailable) {
                    LOG.warnf("cannot fetch a snapshot yet, waiting for this member's PostgreSQL: %s", e.getMessage());
                    reportedUnavailable = true;
                }
            } catch (StoreDamagedException e) {
                requireOpen();
                if (++damaged > DAMAGED_MAX) {
                    throw e;
                }
                LOG.warnf("fetching the snapshot again from the beginning: %s", e.getMessage());
                discard = true;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private Optional<SnapshotManifest> round() throws InterruptedException {
        Optional<StagedState> held = held();
        if (held.isPresent() && held.get().allLoaded()) {
            return finish(held.get());
        }
        for (long source : List.copyOf(candidates.get())) {
            requireOpen();
            Long bad = badSinceNanos.get(source);
            if (bad != null && System.nanoTime() - bad < BAD_NANOS) {
                continue;
            }
            Optional<SnapshotManifest> done = from(source, held);
            if (done.isPresent()) {
                return done;
            }
            held = held();
        }
        return Optional.empty();
    }

    private Optional<StagedState> held() {
        long minIndex = needed;
        return StagedState.look(store)
                .filter(staged -> StagedSnapshot.manifest(staged)
                        .filter(manifest -> manifest.index() >= minIndex)
                        .isPresent());
    }

    /** Completes a snapshot that an earlier run fetched entirely. */
    private Optional<SnapshotManifest> finish(StagedState held) {
        SnapshotManifest manifest = StagedSnapshot.manifest(held).orElseThrow();
        if (!held.complete()) {
            try (StagingWriter writer = StagingWriter.open(store)) {
                writer.finish(held.chunks(), manifest.state(), manifest.membership());
            } catch (SnapshotRejectedException e) {
                LOG.warnf("the staged part of the snapshot is dropped: %s", e.getMessage());
                StagedSnapshot.discard(store);
                return Optional.empty();
            }
        }
        return Optional.of(manifest);
    }

    private Optional<SnapshotManifest> from(long source, Optional<StagedState> held) throws InterruptedException {
        Transfer running = new Transfer(
                source, ThreadLocalRandom.current().nextLong(), store, options, sender, throttle, receivedBytes);
        transfer = running;
        try {
            requireOpen();
            return Optional.of(running.run(needed, held.orElse(null)));
        } catch (SourceLostException e) {
            LOG.infof("no snapshot from member %016x: %s", source, e.getMessage());
        } catch (SnapshotRejectedException e) {
            LOG.errorf("the snapshot from member %016x is invalid, and dropped: %s", source, e.getMessage());
            badSinceNanos.put(source, System.nanoTime());
            StagedSnapshot.discard(store);
        } finally {
            transfer = null;
        }
        return Optional.empty();
    }

    /**
     * Never waits.
     *
     * @throws IllegalArgumentException when the payload is invalid
     */
    public void received(long from, Frame.SnapshotResponse response) {
        Reply reply = Reply.decode(response.payload());
        Transfer running = transfer;
        if (running != null) {
            running.received(from, response, reply);
        }
    }

    /** The connection to a member broke: its missing chunks are requested again. */
    public void unreachable(long member) {
        Transfer running = transfer;
        if (running != null) {
            running.unreachable(member);
        }
    }

    /** @return bytes of snapshots received, compressed, since this object was made */
    public long receivedBytes() {
        return receivedBytes.get();
    }

    private void requireOpen() throws InterruptedException {
        if (closed || Thread.interrupted()) {
            throw new InterruptedException("fetching a snapshot was cancelled");
        }
    }

    /** Ends {@link #fetch}. */
    @Override
    public void close() {
        closed = true;
        Transfer running = transfer;
        if (running != null) {
            running.close();
        }
    }
}
