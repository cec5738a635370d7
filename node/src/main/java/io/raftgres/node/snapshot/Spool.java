package io.raftgres.node.snapshot;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.raftgres.node.kv.StoreUnavailableException;
import io.raftgres.node.store.sql.StoreOptions;
import io.raftgres.node.store.staging.SnapshotPart;
import io.raftgres.node.store.staging.SnapshotReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One snapshot in a file. Its own thread writes it, as fast as the throttle allows; others read it chunk by chunk
 * meanwhile. The file is only a buffer: it is not synced, and is deleted when the spool is closed.
 */
final class Spool implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Spool.class);
    private static final int COMPRESSION_LEVEL = 1;
    private static final int CHUNKS_PER_LOOK = 16;
    private static final long CLOSE_MILLIS = 10_000;

    private record Place(ChunkHeader chunk, long position) {}

    private final Path file;
    private final StoreOptions store;
    private final SnapshotOptions options;
    private final long minIndex;
    private final Runnable changed;
    private final Throttle throttle;
    private final Thread thread;
    private final List<Place> places = new ArrayList<>();
    private SnapshotManifest manifest;
    private Reply.Failed failure;
    private boolean ended;
    private boolean closed;
    private SnapshotReader reader;
    private FileChannel channel;

    /**
     * @param minIndex the receiver needs state at or above it
     * @param changed called after each step, by the writing thread
     */
    Spool(Path file, StoreOptions store, SnapshotOptions options, long minIndex, Runnable changed) {
        this.file = file;
        this.store = store;
        this.options = options;
        this.minIndex = minIndex;
        this.changed = changed;
        this.throttle = new Throttle(options.bytesPerSecond());
        this.thread = Thread.ofPlatform().daemon().name("snapshot-spool").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** @return null until PostgreSQL has provided a snapshot */
    synchronized SnapshotManifest manifest() {
        return manifest;
    }

    /** @return null while there is no failure */
    synchronized Reply.Failed failure() {
        return failure;
    }

    /** @return null when the chunk does not exist, or not yet */
    synchronized ChunkHeader chunk(long number) {
        return number < places.size() ? places.get((int) number).chunk() : null;
    }

    /** @return number of chunks; -1 while more may follow */
    synchronized long chunks() {
        return ended ? places.size() : -1;
    }

    /** @throws IOException also when the spool was closed meanwhile */
    byte[] read(ChunkHeader chunk, int offset, int length) throws IOException {
        FileChannel from;
        long position;
        synchronized (this) {
            from = channel;
            position = places.get((int) chunk.number()).position() + offset;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (from.read(bytes, position + bytes.position()) < 0) {
                throw new EOFException(file + " ends at byte " + position);
            }
        }
        return bytes.array();
    }

    private void run() {
        try (ZstdCompressCtx zstd = new ZstdCompressCtx()) {
            zstd.setLevel(COMPRESSION_LEVEL).setContentSize(true).setChecksum(true);
            write(zstd);
        } catch (InterruptedException | ClosedChannelException e) {
            fail(Reply.Reason.GONE, "the source discarded the snapshot");
        } catch (StoreUnavailableException e) {
            fail(Reply.Reason.BROKEN, "the source's PostgreSQL is unavailable: " + e.getMessage());
        } catch (NoSpaceException e) {
            fail(Reply.Reason.NO_SPACE, e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            fail(Reply.Reason.NO_SPACE, "the source cannot write the snapshot's spool file: " + e.getMessage());
        } catch (RuntimeException | LinkageError e) {
            LOG.error("cannot make a snapshot of this member's state", e);
            fail(Reply.Reason.BROKEN, "the source cannot make a snapshot: " + e.getMessage());
        } finally {
            changed.run();
        }
    }

    private void write(ZstdCompressCtx zstd) throws IOException, InterruptedException {
        long start = System.nanoTime();
        try (SnapshotReader opened = SnapshotReader.open(store)) {
            synchronized (this) {
                reader = opened;
                if (closed) {
                    throw new InterruptedException("the snapshot was closed");
                }
            }
            if (opened.state().appliedIndex() < minIndex) {
                fail(
                        Reply.Reason.BEHIND,
                        "the source's state is only at index " + opened.state().appliedIndex());
                return;
            }
            requireSpace(opened.sizeBytes());
            synchronized (this) {
                channel = FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
                manifest = new SnapshotManifest(
                        ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE),
                        opened.clusterId(),
                        opened.state(),
                        opened.membership(),
                        opened.history());
            }
            changed.run();
            Cutter cutter = new Cutter(zstd);
            for (SnapshotPart part : opened.parts()) {
                cutter.part = part;
                opened.copy(part, cutter::row);
                cutter.cut();
            }
            synchronized (this) {
                ended = true;
                LOG.infof(
                        "spooled the state of index %d in %d ms: %d chunks, %d MiB, %d MiB compressed",
                        manifest.index(),
                        (System.nanoTime() - start) / 1_000_000,
                        places.size(),
                        cutter.rawBytes >> 20,
                        cutter.position >> 20);
            }
        }
    }

    private void requireSpace(long bytes) throws IOException {
        long free = Files.getFileStore(file.getParent()).getUsableSpace();
        if (free - bytes < options.freeBytesMin()) {
            throw new NoSpaceException("a snapshot needs up to " + (bytes >> 20) + " MiB of disk space while "
                    + (options.freeBytesMin() >> 20) + " MiB must stay free, but only " + (free >> 20)
                    + " MiB are free");
        }
    }

    /** Collects rows of one part until they are enough for a chunk. */
    private final class Cutter {
        private final ZstdCompressCtx zstd;
        private SnapshotPart part;
        private byte[] rows = new byte[options.chunkBytes() + (options.chunkBytes() >> 3)];
        private int length;
        private int count;
        private byte[] packed = {};
        private long number;
        private long position;
        private long rawBytes;

        Cutter(ZstdCompressCtx zstd) {
            this.zstd = zstd;
        }

        void row(byte[] bytes, int offset, int rowLength) throws InterruptedException {
            if (length > 0 && length + rowLength > options.chunkBytes()) {
                cut();
            }
            if (rowLength > ChunkHeader.MAX_RAW_BYTES) {
                throw new IllegalStateException("a row of " + part + " has " + rowLength
                        + " bytes, but a snapshot can carry at most " + ChunkHeader.MAX_RAW_BYTES);
            }
            if (length + rowLength > rows.length) {
                rows = Arrays.copyOf(rows, length + rowLength);
            }
            System.arraycopy(bytes, offset, rows, length, rowLength);
            length += rowLength;
            count++;
        }

        void cut() throws InterruptedException {
            if (count == 0) {
                return;
            }
            throttle.take(length);
            int bound = Math.toIntExact(Zstd.compressBound(length));
            if (packed.length < bound) {
                packed = new byte[bound];
            }
            int packedBytes = zstd.compressByteArray(packed, 0, packed.length, rows, 0, length);
            put(ChunkHeader.of(number, part, count, length, packed, packedBytes));
            number++;
            rawBytes += length;
            length = 0;
            count = 0;
        }

        private void put(ChunkHeader chunk) throws InterruptedException {
            try {
                if (number % CHUNKS_PER_LOOK == 0) {
                    requireSpace(chunk.packedBytes());
                }
                ByteBuffer out = ByteBuffer.wrap(packed, 0, chunk.packedBytes());
                long at = position;
                while (out.hasRemaining()) {
                    at += channel.write(out, at);
                }
            } catch (ClosedChannelException e) {
                throw new InterruptedException("the snapshot was closed");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            synchronized (Spool.this) {
                places.add(new Place(chunk, position));
            }
            position += chunk.packedBytes();
            changed.run();
        }
    }

    private void fail(Reply.Reason reason, String detail) {
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = new Reply.Failed(manifest == null ? 0 : manifest.id(), reason, detail);
            if (closed) {
                return;
            }
        }
        if (reason != Reply.Reason.GONE && reason != Reply.Reason.BEHIND) {
            LOG.warnf("cannot send a snapshot to other members: %s", detail);
        }
        drop();
    }

    private synchronized void drop() {
        try {
            if (channel != null) {
                channel.close();
            }
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warnf("cannot delete the spool file %s: %s", file, e.getMessage());
        }
    }

    /** Waits for the thread; the file is deleted then. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (reader != null) {
                reader.close();
            }
        }
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        drop();
        if (thread.isAlive()) {
            LOG.warnf(
                    "the thread that writes %s did not end within %d s",
                    file, TimeUnit.MILLISECONDS.toSeconds(CLOSE_MILLIS));
        }
    }

    /** This is not an I/O error: it is found before one occurs. */
    private static final class NoSpaceException extends IOException {
        private static final long serialVersionUID = 1L;

        NoSpaceException(String message) {
            super(message);
        }
    }
}
