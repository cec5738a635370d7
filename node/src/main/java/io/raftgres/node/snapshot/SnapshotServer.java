package io.raftgres.node.snapshot;

import io.raftgres.node.peer.Frame;
import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * The sending side: makes a snapshot on request and sends its chunks to all receivers. One thread replies. A request
 * that cannot be answered yet waits here, so that receivers need not repeat it.
 */
public final class SnapshotServer implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SnapshotServer.class);
    private static final String SUFFIX = ".spool";

    /**
     * Upper bound of requests that wait for the thread, and of those that wait for the spool. Further ones are dropped,
     * and the receiver repeats them.
     */
    private static final int REQUESTS_MAX = 256;

    private static final long LOOK_MILLIS = 200;

    /** Bytes in a frame; at most one second's worth, so that a receiver regularly gets a frame. */
    private static final int PIECE_BYTES_MAX = 2 << 20;

    private static final int PIECE_BYTES_MIN = 64 << 10;

    private static final int SEND_TRIES = 10;
    private static final long SEND_PAUSE_MILLIS = 20;
    private static final long CLOSE_MILLIS = 10_000;

    /** @param id the receiver's own number of its transfer */
    private record Request(long from, long id, Ask ask) {}

    private final Path directory;
    private final StoreOptions store;
    private final SnapshotOptions options;
    private final SnapshotSender sender;
    private final BooleanSupplier mayServe;
    private final Throttle throttle;
    private final int pieceBytes;
    private final Thread thread;
    private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(REQUESTS_MAX);
    private final Set<Request> queued = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean spoolChanged = new AtomicBoolean();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private volatile boolean closed;

    // Owned by the thread.
    private final Map<Request, Boolean> waiting = new LinkedHashMap<>();
    private final Set<Long> finished = new HashSet<>();
    private Spool spool;
    private long usedNanos;
    private long files;

    /**
     * Starts the server, and deletes files that a crash left in the directory.
     *
     * @param directory directory for spools only; made when absent
     * @param mayServe whether this member has a state to send to others
     */
    public SnapshotServer(
            Path directory,
            StoreOptions store,
            SnapshotOptions options,
            SnapshotSender sender,
            BooleanSupplier mayServe) {
        this.directory = directory;
        this.store = store;
        this.options = options;
        this.sender = sender;
        this.mayServe = mayServe;
        this.throttle = new Throttle(options.bytesPerSecond());
        this.pieceBytes = options.bytesPerSecond() == 0
                ? PIECE_BYTES_MAX
                : Math.clamp(options.bytesPerSecond(), PIECE_BYTES_MIN, PIECE_BYTES_MAX);
        deleteLeftOvers();
        this.thread = Thread.ofPlatform().daemon().name("snapshot-send").start(this::run);
    }

    private void deleteLeftOvers() {
        try {
            Files.createDirectories(directory);
            try (DirectoryStream<Path> spools = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
                for (Path each : spools) {
                    Files.delete(each);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the directory " + directory + " cannot be used for snapshots", e);
        }
    }

    /**
     * Never waits.
     *
     * @throws IllegalArgumentException when the payload is invalid
     */
    public void received(long from, Frame.SnapshotRequest frame) {
        Request request = new Request(from, frame.id(), Ask.decode(frame.payload()));
        if (!closed && queued.add(request) && !requests.offer(request)) {
            queued.remove(request);
        }
    }

    /** @return number of snapshots that were sent completely to another member */
    public long sent() {
        return sent.get();
    }

    public long sentBytes() {
        return sentBytes.get();
    }

    private void run() {
        try {
            while (!closed) {
                Request request = requests.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (request != null) {
                    queued.remove(request);
                    answer(request);
                }
                if (spoolChanged.compareAndSet(true, false)) {
                    answerWaiting();
                }
                dropIdle();
            }
        } catch (InterruptedException e) {
            LOG.debug("sending snapshots was interrupted");
        } finally {
            drop();
        }
    }

    private void answer(Request request) throws InterruptedException {
        if (!mayServe.getAsBoolean()) {
            reply(request, new Reply.Failed(0, Reply.Reason.NOT_SERVING, "this member has no state to send"));
            return;
        }
        boolean waits = switch (request.ask()) {
            case Ask.Open open -> open(request, open);
            case Ask.Piece piece -> piece(request, piece);
        };
        if (!waits) {
            waiting.remove(request);
        } else if (waiting.size() < REQUESTS_MAX && waiting.put(request, true) != null) {
            // The request is repeated: confirm that it still waits.
            reply(
                    request,
                    new Reply.Wait(
                            spool.manifest() == null ? 0 : spool.manifest().id()));
        }
    }

    private void answerWaiting() throws InterruptedException {
        Iterator<Request> each = waiting.keySet().iterator();
        while (each.hasNext()) {
            Request request = each.next();
            boolean waits = switch (request.ask()) {
                case Ask.Open open -> open(request, open);
                case Ask.Piece piece -> piece(request, piece);
            };
            if (!waits) {
                each.remove();
            }
        }
        if (spool != null && spool.failure() != null) {
            drop();
        }
    }

    /** @return whether the request has to wait */
    private boolean open(Request request, Ask.Open open) throws InterruptedException {
        if (spool != null && spool.failure() != null && !waiting.containsKey(request)) {
            drop();
        }
        if (spool == null) {
            begin(open.minIndex());
            return true;
        }
        if (spool.failure() != null) {
            reply(request, spool.failure());
            return false;
        }
        SnapshotManifest manifest = spool.manifest();
        if (manifest == null) {
            return true;
        }
        if (manifest.id() == open.heldId() || manifest.index() >= open.minIndex()) {
            usedNanos = System.nanoTime();
            reply(request, new Reply.Opened(manifest));
            return false;
        }
        if (System.nanoTime() - usedNanos > TimeUnit.MILLISECONDS.toNanos(options.busyMillis())) {
            drop();
            begin(open.minIndex());
            return true;
        }
        reply(
                request,
                new Reply.Failed(
                        0,
                        Reply.Reason.BUSY,
                        "the snapshot of index " + manifest.index() + " is being sent to other members"));
        return false;
    }

    private void begin(long minIndex) {
        spool = new Spool(directory.resolve(++files + SUFFIX), store, options, minIndex, () -> spoolChanged.set(true));
        usedNanos = System.nanoTime();
        finished.clear();
        spool.start();
    }

    private boolean piece(Request request, Ask.Piece piece) throws InterruptedException {
        SnapshotManifest manifest = spool == null ? null : spool.manifest();
        if (manifest == null || manifest.id() != piece.snapshotId()) {
            reply(request, gone(piece, "this member no longer has that snapshot"));
            return false;
        }
        usedNanos = System.nanoTime();
        if (spool.failure() != null) {
            reply(request, spool.failure());
            return false;
        }
        ChunkHeader chunk = spool.chunk(piece.chunk());
        if (chunk != null) {
            send(request, piece, chunk);
            return false;
        }
        long chunks = spool.chunks();
        if (chunks < 0) {
            return true;
        }
        if (finished.add(request.id())) {
            sent.incrementAndGet();
        }
        reply(request, new Reply.Ended(piece.snapshotId(), chunks));
        return false;
    }

    private static Reply gone(Ask.Piece piece, String detail) {
        return new Reply.Failed(piece.snapshotId(), Reply.Reason.GONE, detail);
    }

    private void send(Request request, Ask.Piece piece, ChunkHeader chunk) throws InterruptedException {
        int length = Math.min(pieceBytes, chunk.packedBytes() - piece.offset());
        if (length <= 0) {
            LOG.warnf(
                    "member %016x asked for byte %d of a chunk of %d",
                    request.from(), piece.offset(), chunk.packedBytes());
            return;
        }
        throttle.take(length);
        try {
            reply(
                    request,
                    new Reply.Piece(
                            piece.snapshotId(), chunk, piece.offset(), spool.read(chunk, piece.offset(), length)));
            sentBytes.addAndGet(length);
        } catch (IOException e) {
            LOG.warnf("chunk %d of a snapshot could not be read: %s", chunk.number(), e.getMessage());
            reply(request, gone(piece, "the snapshot's spool file cannot be read"));
            drop();
        }
    }

    /** The queue to a member may be full for a moment. A reply that is lost nevertheless is requested again. */
    private void reply(Request request, Reply reply) throws InterruptedException {
        Frame frame = new Frame.SnapshotResponse(request.id(), reply.encode());
        for (int n = 0; n < SEND_TRIES && !closed; n++) {
            if (sender.send(request.from(), frame)) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(SEND_PAUSE_MILLIS);
        }
    }

    private void dropIdle() {
        if (spool != null && System.nanoTime() - usedNanos > TimeUnit.MILLISECONDS.toNanos(options.idleMillis())) {
            drop();
        }
    }

    private void drop() {
        if (spool != null) {
            spool.close();
            spool = null;
        }
    }

    /** Aborts the transfers in progress; receivers continue with another source, or here after the next start. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
