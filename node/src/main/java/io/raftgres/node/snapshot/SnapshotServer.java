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
 * The source's side: makes a snapshot when one is asked for and gives its chunks to all who ask. One thread answers;
 * what cannot be answered yet waits here, so that receivers need not ask over and over.
 */
public final class SnapshotServer implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SnapshotServer.class);
    private static final String SUFFIX = ".spool";

    /**
     * Questions that wait for the thread, and those that wait for the spool: what is beyond is dropped and asked again.
     */
    private static final int QUESTIONS_MAX = 256;

    private static final long LOOK_MILLIS = 200;

    /** In a frame; no more than a second's worth, so that a receiver hears something now and then. */
    private static final int PIECE_BYTES_MAX = 2 << 20;

    private static final int PIECE_BYTES_MIN = 64 << 10;

    private static final int SEND_TRIES = 10;
    private static final long SEND_PAUSE_MILLIS = 20;
    private static final long CLOSE_MILLIS = 10_000;

    /** @param id the receiver's own number of its transfer */
    private record Question(long from, long id, Ask ask) {}

    private final Path folder;
    private final StoreOptions store;
    private final SnapshotOptions options;
    private final SnapshotSender sender;
    private final BooleanSupplier mayServe;
    private final Throttle throttle;
    private final int pieceBytes;
    private final Thread thread;
    private final BlockingQueue<Question> questions = new ArrayBlockingQueue<>(QUESTIONS_MAX);
    private final Set<Question> queued = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean spoolChanged = new AtomicBoolean();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private volatile boolean closed;

    // The thread's own.
    private final Map<Question, Boolean> waiting = new LinkedHashMap<>();
    private final Set<Long> doneWith = new HashSet<>();
    private Spool spool;
    private long usedNanos;
    private long files;

    /**
     * Starts, and deletes what a crash left in the folder.
     *
     * @param folder for spools alone; made when absent
     * @param mayServe whether this member has a state that can be given to others
     */
    public SnapshotServer(
            Path folder, StoreOptions store, SnapshotOptions options, SnapshotSender sender, BooleanSupplier mayServe) {
        this.folder = folder;
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
            Files.createDirectories(folder);
            try (DirectoryStream<Path> spools = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
                for (Path each : spools) {
                    Files.delete(each);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the folder " + folder + " cannot be used for snapshots", e);
        }
    }

    /**
     * Never waits.
     *
     * @throws IllegalArgumentException when it is not what a member sends
     */
    public void received(long from, Frame.SnapshotRequest request) {
        Question question = new Question(from, request.id(), Ask.decode(request.payload()));
        if (!closed && queued.add(question) && !questions.offer(question)) {
            queued.remove(question);
        }
    }

    /** @return snapshots that went to another member as a whole */
    public long sent() {
        return sent.get();
    }

    public long sentBytes() {
        return sentBytes.get();
    }

    private void run() {
        try {
            while (!closed) {
                Question question = questions.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (question != null) {
                    queued.remove(question);
                    answer(question);
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

    private void answer(Question question) throws InterruptedException {
        if (!mayServe.getAsBoolean()) {
            reply(question, new Reply.Failed(0, Reply.Reason.NOT_SERVING, "this member has no state to give"));
            return;
        }
        boolean waits = switch (question.ask()) {
            case Ask.Open open -> open(question, open);
            case Ask.Piece piece -> piece(question, piece);
        };
        if (!waits) {
            waiting.remove(question);
        } else if (waiting.size() < QUESTIONS_MAX && waiting.put(question, true) != null) {
            // Asked again: tell that it is not forgotten.
            reply(
                    question,
                    new Reply.Wait(
                            spool.manifest() == null ? 0 : spool.manifest().id()));
        }
    }

    private void answerWaiting() throws InterruptedException {
        Iterator<Question> each = waiting.keySet().iterator();
        while (each.hasNext()) {
            Question question = each.next();
            boolean waits = switch (question.ask()) {
                case Ask.Open open -> open(question, open);
                case Ask.Piece piece -> piece(question, piece);
            };
            if (!waits) {
                each.remove();
            }
        }
        if (spool != null && spool.failure() != null) {
            drop();
        }
    }

    /** @return whether it has to wait */
    private boolean open(Question question, Ask.Open open) throws InterruptedException {
        if (spool != null && spool.failure() != null && !waiting.containsKey(question)) {
            drop();
        }
        if (spool == null) {
            begin(open.minIndex());
            return true;
        }
        if (spool.failure() != null) {
            reply(question, spool.failure());
            return false;
        }
        SnapshotManifest manifest = spool.manifest();
        if (manifest == null) {
            return true;
        }
        if (manifest.id() == open.heldId() || manifest.index() >= open.minIndex()) {
            usedNanos = System.nanoTime();
            reply(question, new Reply.Opened(manifest));
            return false;
        }
        if (System.nanoTime() - usedNanos > TimeUnit.MILLISECONDS.toNanos(options.busyMillis())) {
            drop();
            begin(open.minIndex());
            return true;
        }
        reply(
                question,
                new Reply.Failed(
                        0,
                        Reply.Reason.BUSY,
                        "the snapshot of index " + manifest.index() + " is being given to others"));
        return false;
    }

    private void begin(long minIndex) {
        spool = new Spool(folder.resolve(++files + SUFFIX), store, options, minIndex, () -> spoolChanged.set(true));
        usedNanos = System.nanoTime();
        doneWith.clear();
        spool.start();
    }

    private boolean piece(Question question, Ask.Piece piece) throws InterruptedException {
        SnapshotManifest manifest = spool == null ? null : spool.manifest();
        if (manifest == null || manifest.id() != piece.snapshotId()) {
            reply(question, gone(piece, "that snapshot is not here any more"));
            return false;
        }
        usedNanos = System.nanoTime();
        if (spool.failure() != null) {
            reply(question, spool.failure());
            return false;
        }
        ChunkHeader chunk = spool.chunk(piece.chunk());
        if (chunk != null) {
            send(question, piece, chunk);
            return false;
        }
        long chunks = spool.chunks();
        if (chunks < 0) {
            return true;
        }
        if (doneWith.add(question.id())) {
            sent.incrementAndGet();
        }
        reply(question, new Reply.Ended(piece.snapshotId(), chunks));
        return false;
    }

    private static Reply gone(Ask.Piece piece, String detail) {
        return new Reply.Failed(piece.snapshotId(), Reply.Reason.GONE, detail);
    }

    private void send(Question question, Ask.Piece piece, ChunkHeader chunk) throws InterruptedException {
        int length = Math.min(pieceBytes, chunk.packedBytes() - piece.offset());
        if (length <= 0) {
            LOG.warnf(
                    "member %016x asked for byte %d of a chunk of %d",
                    question.from(), piece.offset(), chunk.packedBytes());
            return;
        }
        throttle.take(length);
        try {
            reply(
                    question,
                    new Reply.Piece(
                            piece.snapshotId(), chunk, piece.offset(), spool.read(chunk, piece.offset(), length)));
            sentBytes.addAndGet(length);
        } catch (IOException e) {
            LOG.warnf("chunk %d of a snapshot could not be read: %s", chunk.number(), e.getMessage());
            reply(question, gone(piece, "the file of the snapshot is lost"));
            drop();
        }
    }

    /** The queue to a member may be full for a moment; a reply that is lost all the same will be asked for again. */
    private void reply(Question question, Reply reply) throws InterruptedException {
        Frame frame = new Frame.SnapshotResponse(question.id(), reply.encode());
        for (int n = 0; n < SEND_TRIES && !closed; n++) {
            if (sender.send(question.from(), frame)) {
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

    /** What is under way breaks off; receivers go on with another source, or here after the next start. */
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
