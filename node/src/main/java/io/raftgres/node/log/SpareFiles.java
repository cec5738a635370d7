package io.raftgres.node.log;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/**
 * Files that wait to become segments: of full size and with all blocks written, so that a later fdatasync has no
 * metadata to write. One is always being made ready ahead, and those of trimmed segments are used again.
 */
final class SpareFiles {

    private static final System.Logger LOGGER = System.getLogger(SpareFiles.class.getName());

    /** Zeros go to the disk in pieces with a sync after each, so that the log's own syncs do not wait for much. */
    private static final int PIECE_BYTES = 1 << 20;

    private final Disk disk;
    private final LogFolder folder;
    private final LogOptions options;
    private final Executor executor;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_BYTES);

    /** Held while a file is made, so that one who needs it waits for the one under way. */
    private final Object making = new Object();

    private final Deque<Path> ready = new ArrayDeque<>();
    private long lastNumber;
    private volatile boolean closed;

    /** @param executor runs the preparation ahead; one thread */
    SpareFiles(Disk disk, LogFolder folder, LogOptions options, Executor executor) throws IOException {
        this.disk = disk;
        this.folder = folder;
        this.options = options;
        this.executor = executor;
        for (Path unfinished : folder.unfinished()) {
            disk.delete(unfinished);
        }
        for (Path spare : folder.spares()) {
            if (ready.size() < options.spareSegments() && Files.size(spare) == options.segmentBytes()) {
                ready.add(spare);
                lastNumber = LogFolder.spareNumber(spare);
            } else {
                disk.delete(spare);
            }
        }
    }

    /** Has a file made ready in the background unless one waits. */
    void prepareAhead() {
        executor.execute(() -> {
            try {
                prepare();
            } catch (IOException e) {
                if (closed) {
                    return;
                }
                // Not yet a failure of the log: it becomes one when a file is needed and cannot be made then either.
                LOGGER.log(Level.WARNING, "cannot prepare the next log segment in " + folder.directory(), e);
            }
        });
    }

    /** @return a file of exactly {@code size} bytes, all written; what is in it is stale or zero */
    Path take(long size) throws IOException {
        if (size != options.segmentBytes()) {
            return make(size);
        }
        Path file = poll();
        while (file == null) {
            prepare();
            file = poll();
        }
        return file;
    }

    /** The segment at {@code path} is no longer part of the log: keeps its file as a spare, or deletes it. */
    void recycle(Path path, long size) throws IOException {
        Path spare = null;
        synchronized (ready) {
            if (size == options.segmentBytes() && ready.size() < options.spareSegments()) {
                spare = folder.spare(++lastNumber);
            }
        }
        if (spare == null) {
            disk.delete(path);
        } else {
            disk.move(path, spare);
        }
        // Before anyone may write to the file: a crash must not bring its old name back over new content.
        disk.syncDirectory(folder.directory());
        if (spare != null) {
            synchronized (ready) {
                ready.add(spare);
            }
        }
    }

    /** Stops a preparation under way soon. */
    void close() {
        closed = true;
    }

    private Path poll() {
        synchronized (ready) {
            return ready.poll();
        }
    }

    private void prepare() throws IOException {
        synchronized (making) {
            synchronized (ready) {
                if (!ready.isEmpty()) {
                    return;
                }
            }
            Path spare = make(options.segmentBytes());
            synchronized (ready) {
                ready.add(spare);
            }
        }
    }

    private Path make(long size) throws IOException {
        synchronized (making) {
            Path spare;
            synchronized (ready) {
                spare = folder.spare(++lastNumber);
            }
            Path unfinished = LogFolder.unfinished(spare);
            try (Disk.OpenFile file = disk.create(unfinished)) {
                fillWithZeros(file, size);
                file.force(true);
            } catch (IOException e) {
                deleteQuietly(unfinished, e);
                throw e;
            }
            disk.move(unfinished, spare);
            disk.syncDirectory(folder.directory());
            return spare;
        }
    }

    private void fillWithZeros(Disk.OpenFile file, long size) throws IOException {
        for (long at = 0; at < size; at += PIECE_BYTES) {
            if (closed) {
                throw new IOException("the log is being closed");
            }
            file.write(zeros.clear().limit((int) Math.min(PIECE_BYTES, size - at)), at);
            file.force(false);
        }
    }

    /** A full disk must not stay full because of a file that is of no use. */
    private void deleteQuietly(Path path, IOException cause) {
        try {
            disk.delete(path);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
