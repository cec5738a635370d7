package io.raftgres.node.snapshot;

import com.github.luben.zstd.ZstdDecompressCtx;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.SnapshotRejectedException;
import io.raftgres.node.store.staging.StagedState;
import io.raftgres.node.store.staging.StagingWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * The receiving side of one snapshot from one source. Run by the fetching thread; other threads deliver the replies.
 */
final class Transfer {

    private static final Logger LOG = Logger.getLogger(Transfer.class);

    /** Upper bound of repeated requests for a chunk that arrives damaged. */
    private static final int DAMAGED_MAX = 3;

    /** Upper bound of waiting replies, for each chunk of the window. */
    private static final int INBOX_FACTOR = 4;

    /** A request that could not be sent is repeated after this time. */
    private static final long RESEND_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long source;
    private final long id;
    private final StoreOptions store;
    private final SnapshotOptions options;
    private final SnapshotSender sender;
    private final Throttle throttle;
    private final AtomicLong receivedBytes;
    private final BlockingQueue<Reply> inbox;
    private final long retryNanos;
    private volatile boolean connectionBroke;
    private volatile StagingWriter writer;
    private volatile boolean closed;
    private SnapshotManifest manifest;
    private final Map<Long, Incoming> window = new HashMap<>();
    private long next;
    private long total = Long.MAX_VALUE;
    private long heardNanos;
    private int damaged;

    /** @param id distinguishes its replies from those to earlier transfers */
    Transfer(
            long source,
            long id,
            StoreOptions store,
            SnapshotOptions options,
            SnapshotSender sender,
            Throttle throttle,
            AtomicLong receivedBytes) {
        this.source = source;
        this.id = id;
        this.store = store;
        this.options = options;
        this.sender = sender;
        this.throttle = throttle;
        this.receivedBytes = receivedBytes;
        this.inbox = new ArrayBlockingQueue<>(options.window() * INBOX_FACTOR + 1);
        this.retryNanos = TimeUnit.MILLISECONDS.toNanos(options.retryMillis());
    }

    /** Never waits. */
    void received(long from, Frame.SnapshotResponse response, Reply reply) {
        if (from == source && response.id() == id) {
            inbox.offer(reply);
        }
    }

    void unreachable(long member) {
        if (member == source) {
            connectionBroke = true;
        }
    }

    /**
     * Called by another thread to end the transfer: it breaks the connection to PostgreSQL, which the fetching thread
     * may be waiting for.
     */
    void close() {
        closed = true;
        StagingWriter open = writer;
        if (open != null) {
            open.close();
        }
    }

    /**
     * @param held the part that is staged already, from this source or another; null: none
     * @return when the snapshot is staged, complete and checked
     * @throws SourceLostException another source may succeed
     * @throws SnapshotRejectedException the source sent an invalid snapshot
     */
    SnapshotManifest run(long minIndex, StagedState held) throws InterruptedException, SourceLostException {
        SnapshotManifest heldManifest =
                Optional.ofNullable(held).flatMap(StagedSnapshot::manifest).orElse(null);
        manifest = open(minIndex, heldManifest == null ? 0 : heldManifest.id());
        try (StagingWriter opened = StagingWriter.open(store);
                ZstdDecompressCtx zstd = new ZstdDecompressCtx()) {
            writer = opened;
            if (closed) {
                throw new InterruptedException("the transfer was closed");
            }
            if (manifest.equals(heldManifest)) {
                next = held.chunks();
                LOG.infof("continuing the snapshot of index %d from chunk %d", manifest.index(), next);
                opened.resume(manifest.history());
            } else {
                LOG.infof(
                        "fetching the snapshot of index %d, revision %d from member %016x",
                        manifest.index(), manifest.revision(), source);
                opened.begin(manifest.encode(), manifest.history());
            }
            long start = System.nanoTime();
            long from = next;
            load(opened, zstd);
            LOG.infof(
                    "loaded chunks %d to %d of the snapshot in %d ms",
                    from, total, (System.nanoTime() - start) / 1_000_000);
            opened.finish(total, manifest.state(), manifest.membership());
            return manifest;
        } finally {
            writer = null;
        }
    }

    private SnapshotManifest open(long minIndex, long heldId) throws InterruptedException, SourceLostException {
        heardNanos = System.nanoTime();
        long asked = 0;
        while (true) {
            long now = System.nanoTime();
            if (asked == 0 || now - asked > retryNanos) {
                asked = send(new Ask.Open(minIndex, heldId)) ? now : now - retryNanos + RESEND_NANOS;
            }
            switch (await(asked + retryNanos - now)) {
                case null -> requireHeard();
                case Reply.Opened opened
                when opened.manifest().index() < minIndex && opened.manifest().id() != heldId ->
                    throw new SourceLostException("the source offered the snapshot of index "
                            + opened.manifest().index() + ", but this member needs index " + minIndex + " or later");
                case Reply.Opened opened -> {
                    return opened.manifest();
                }
                case Reply.Failed failed -> throw lost(failed);
                case Reply.Wait wait -> LOG.debug("the source is not ready yet");
                case Reply other -> LOG.debugf("unexpected: %s", other);
            }
        }
    }

    private void load(StagingWriter staging, ZstdDecompressCtx zstd) throws InterruptedException, SourceLostException {
        heardNanos = System.nanoTime();
        while (next < total) {
            long wait = ask();
            Incoming first = window.get(next);
            if (first == null || !first.isWhole()) {
                Reply reply = await(wait);
                if (reply == null) {
                    requireHeard();
                }
                for (; reply != null; reply = inbox.poll()) {
                    take(reply);
                }
                continue;
            }
            byte[] rows = first.rows(zstd);
            if (rows == null) {
                askForDamagedAgain(first);
                continue;
            }
            throttle.take(rows.length);
            ChunkHeader chunk = first.chunk();
            staging.load(next, chunk.part(), chunk.rows(), rows);
            window.remove(next++);
            damaged = 0;
            heardNanos = System.nanoTime();
        }
    }

    private void askForDamagedAgain(Incoming incoming) {
        if (++damaged > DAMAGED_MAX) {
            throw new SnapshotRejectedException(
                    "chunk " + next + " of the snapshot arrived damaged " + damaged + " times");
        }
        LOG.warnf("chunk %d of the snapshot arrived damaged; requesting it again", next);
        incoming.forget();
    }

    /**
     * Requests all chunks of the window that were not requested yet, or whose reply is overdue.
     *
     * @return nanoseconds until the next request
     */
    private long ask() {
        if (connectionBroke) {
            // The replies in flight are lost.
            connectionBroke = false;
            window.values().forEach(incoming -> incoming.askedNanos = 0);
        }
        long now = System.nanoTime();
        long wait = retryNanos;
        for (long number = next; number < Math.min(next + options.window(), total); number++) {
            Incoming incoming = window.computeIfAbsent(number, n -> new Incoming());
            if (incoming.isWhole()) {
                continue;
            }
            if (incoming.askedNanos == 0 || now - incoming.askedNanos >= retryNanos) {
                boolean taken = send(new Ask.Piece(manifest.id(), number, incoming.offset()));
                incoming.askedNanos = taken ? now : now - retryNanos + RESEND_NANOS;
            }
            wait = Math.min(wait, incoming.askedNanos + retryNanos - now);
        }
        return wait;
    }

    private void take(Reply reply) throws SourceLostException {
        switch (reply) {
            case Reply.Piece piece
            when piece.snapshotId() == manifest.id() -> {
                Incoming incoming = window.get(piece.chunk().number());
                if (incoming != null && incoming.take(piece)) {
                    receivedBytes.addAndGet(piece.bytes().length);
                    incoming.askedNanos = 0;
                }
            }
            case Reply.Ended end
            when end.snapshotId() == manifest.id() -> {
                if (end.chunks() < next || total != Long.MAX_VALUE && end.chunks() != total) {
                    throw new SnapshotRejectedException(
                            "the snapshot has " + end.chunks() + " chunks, " + next + " of them have been loaded");
                }
                total = end.chunks();
                window.keySet().removeIf(number -> number >= total);
            }
            case Reply.Failed failed
            when failed.snapshotId() == manifest.id() || failed.snapshotId() == 0 -> throw lost(failed);
            case Reply.Wait wait -> LOG.debug("the source does not have the next chunk yet");
            case Reply other -> LOG.debugf("not of this snapshot: %s", other.getClass());
        }
    }

    private static SourceLostException lost(Reply.Failed failed) {
        return new SourceLostException(failed.reason() + ": " + failed.detail());
    }

    private boolean send(Ask ask) {
        return sender.send(source, new Frame.SnapshotRequest(id, ask.encode()));
    }

    private Reply await(long nanos) throws InterruptedException {
        if (closed) {
            throw new InterruptedException("the transfer was closed");
        }
        long limit = TimeUnit.MILLISECONDS.toNanos(options.sourceTimeoutMillis());
        Reply reply = inbox.poll(Math.clamp(nanos, 1, limit), TimeUnit.NANOSECONDS);
        if (reply != null) {
            heardNanos = System.nanoTime();
        }
        return reply;
    }

    private void requireHeard() throws SourceLostException {
        if (System.nanoTime() - heardNanos > TimeUnit.MILLISECONDS.toNanos(options.sourceTimeoutMillis())) {
            throw new SourceLostException("the source has been silent for " + options.sourceTimeoutMillis() + " ms");
        }
    }
}
