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

/** The receiver's side: gets a snapshot from whoever can give one, and stages it. */
public final class SnapshotFetcher implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SnapshotFetcher.class);

    /** Between two rounds over all sources. */
    private static final long PAUSE_MILLIS = 500;

    /** A source whose snapshot was wrong is not asked for so long. */
    private static final long BAD_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** So often a snapshot that PostgreSQL damaged here is begun anew. */
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
    private boolean toldAway;

    /** @param candidates members that may have a snapshot, the best one first; asked before each round */
    public SnapshotFetcher(
            StoreOptions store, SnapshotOptions options, SnapshotSender sender, Supplier<List<Long>> candidates) {
        this.store = store;
        this.options = options;
        this.sender = sender;
        this.candidates = candidates;
        this.throttle = new Throttle(options.bytesPerSecond());
    }

    /**
     * Changes what {@link #fetch} looks for, from the next source on. A later leader may ask for less than the one
     * before: to insist on what that one had would be to wait for it for ever, when nobody else has as much.
     *
     * @param minIndex state at or above it is needed
     */
    public void need(long minIndex) {
        needed = minIndex;
    }

    /** {@link #need}, and {@link #fetch()}. */
    public Fetched fetch(long minIndex) throws InterruptedException {
        need(minIndex);
        return fetch();
    }

    /**
     * Tries one source after the other, for as long as it takes. For one thread at a time.
     *
     * @return when a snapshot is staged, whole and checked: {@link StagedSnapshot#install} takes it from there
     * @throws InterruptedException interrupted or closed; what has been loaded stays for the next time
     * @throws StoreDamagedException this member's PostgreSQL does not keep what it is given
     * @throws IllegalStateException it cannot be used, for a reason that does not pass
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
                toldAway = false;
            } catch (StoreUnavailableException e) {
                requireOpen();
                if (!toldAway) {
                    LOG.warnf("the snapshot waits for this member's PostgreSQL: %s", e.getMessage());
                    toldAway = true;
                }
            } catch (StoreDamagedException e) {
                requireOpen();
                if (++damaged > DAMAGED_MAX) {
                    throw e;
                }
                LOG.warnf("the snapshot is begun anew: %s", e.getMessage());
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

    /** An earlier run had all of it. */
    private Optional<SnapshotManifest> finish(StagedState held) {
        SnapshotManifest manifest = StagedSnapshot.manifest(held).orElseThrow();
        if (!held.complete()) {
            try (StagingWriter writer = StagingWriter.open(store)) {
                writer.finish(held.chunks(), manifest.state(), manifest.membership());
            } catch (SnapshotRejectedException e) {
                LOG.warnf("what was staged is dropped: %s", e.getMessage());
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
            LOG.errorf("the snapshot from member %016x is wrong, and dropped: %s", source, e.getMessage());
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
     * @throws IllegalArgumentException when it is not what a member sends
     */
    public void received(long from, Frame.SnapshotResponse response) {
        Reply reply = Reply.decode(response.payload());
        Transfer running = transfer;
        if (running != null) {
            running.received(from, response, reply);
        }
    }

    /** The connection to a member broke: what it had not sent yet is asked for again. */
    public void unreachable(long member) {
        Transfer running = transfer;
        if (running != null) {
            running.unreachable(member);
        }
    }

    /** @return bytes of snapshots that have arrived, compressed, since this was made */
    public long receivedBytes() {
        return receivedBytes.get();
    }

    private void requireOpen() throws InterruptedException {
        if (closed || Thread.interrupted()) {
            throw new InterruptedException("fetching a snapshot was broken off");
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
