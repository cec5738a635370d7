package io.raftgres.node.snapshot;

import io.raftgres.node.store.sql.StoreOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes this member's state as one stream of bytes, for a file: {@link SnapshotFormat}. The state is first spooled to
 * the disk. So a slow reader does not keep PostgreSQL's old row versions alive, and the length is known.
 */
public final class SnapshotExport implements AutoCloseable {

    private static final int PIECE_BYTES = 64 << 10;
    private static final AtomicLong FILES = new AtomicLong();

    /** Receives the stream, piece by piece. */
    public interface Sink {
        /** @param remaining bytes that follow, without the hash at the end */
        void piece(byte[] bytes, long remaining) throws InterruptedException;
    }

    private final Spool spool;
    private final Semaphore changed;
    private final MessageDigest hash = SnapshotFormat.hash();
    private long remaining;

    private SnapshotExport(Spool spool, Semaphore changed) {
        this.spool = spool;
        this.changed = changed;
    }

    /**
     * Blocks until the whole state is spooled.
     *
     * @param directory of the snapshots for other members
     * @throws IOException with a sentence: why there is no snapshot
     */
    public static SnapshotExport make(Path directory, StoreOptions store, SnapshotOptions options)
            throws IOException, InterruptedException {
        Semaphore changed = new Semaphore(0);
        // The suffix is that of the spools for other members: the next start deletes files that a crash left.
        Spool spool = new Spool(
                directory.resolve("export-" + FILES.incrementAndGet() + ".spool"), store, options, 0, changed::release);
        SnapshotExport export = new SnapshotExport(spool, changed);
        try {
            spool.start();
            export.await();
            return export;
        } catch (IOException | InterruptedException | RuntimeException e) {
            export.close();
            throw e;
        }
    }

    private void await() throws IOException, InterruptedException {
        while (spool.chunks() < 0) {
            if (spool.failure() != null) {
                throw new IOException(spool.failure().detail());
            }
            changed.acquire();
            changed.drainPermits();
        }
    }

    /** Called once. @throws IOException when the spooled file cannot be read */
    public void write(Sink sink) throws IOException, InterruptedException {
        byte[] manifest = spool.manifest().encode();
        long chunks = spool.chunks();
        long bytes = SnapshotFormat.MAGIC.length + Integer.BYTES + manifest.length + Long.BYTES;
        for (long number = 0; number < chunks; number++) {
            bytes += ChunkHeader.BYTES + spool.chunk(number).packedBytes();
        }
        int padding = SnapshotFormat.padding(bytes);
        remaining = bytes + padding;
        send(
                sink,
                ByteBuffer.allocate(SnapshotFormat.MAGIC.length + Integer.BYTES + manifest.length + Long.BYTES)
                        .put(SnapshotFormat.MAGIC)
                        .putInt(manifest.length)
                        .put(manifest)
                        .putLong(chunks)
                        .array());
        for (long number = 0; number < chunks; number++) {
            write(sink, spool.chunk(number));
        }
        send(sink, new byte[padding]);
        sink.piece(hash.digest(), 0);
    }

    private void write(Sink sink, ChunkHeader chunk) throws IOException, InterruptedException {
        ByteBuffer header = ByteBuffer.allocate(ChunkHeader.BYTES);
        chunk.encode(header);
        send(sink, header.array());
        for (int offset = 0; offset < chunk.packedBytes(); offset += PIECE_BYTES) {
            send(sink, spool.read(chunk, offset, Math.min(PIECE_BYTES, chunk.packedBytes() - offset)));
        }
    }

    private void send(Sink sink, byte[] bytes) throws InterruptedException {
        if (bytes.length > 0) {
            hash.update(bytes);
            remaining -= bytes.length;
            sink.piece(bytes, remaining);
        }
    }

    @Override
    public void close() {
        spool.close();
    }
}
