package io.raftgres.node.log;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Files that wait to become segments. They have full size and all blocks written, so that a later fdatasync writes no
 * metadata. Some are prepared in advance: the next segment, and a reserve for when the disk is full. Files of trimmed
 * segments are reused, which needs no room.
 */
final class SpareFiles {

    private static final System.Logger LOGGER = System.getLogger(SpareFiles.class.getName());

    /** Zeros are written in pieces with a sync after each, so that the log's own syncs wait only briefly. */
    private static final int PIECE_BYTES = 1 << 20;

    /** Intervals at which a full disk is checked again: by a thread that waits for a file, and in the background. */
    private static final long WAIT_MILLIS = 150;

    private static final long LATER_MILLIS = 1_000;

    private final Disk disk;
    private final LogDirectory directory;
    private final LogOptions options;
    private final ScheduledExecutorService executor;
    private final int ahead;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_BYTES);

    /** Held while a file is made, so that a thread that needs a file waits for the one in progress. */
    private final Object making = new Object();

    /** Guards itself and the fields below. Notified when a file is added, and when waiting has to end. */
    private final Deque<Path> ready = new ArrayDeque<>();

    private long lastNumber;

    /** The last preparation found no room, and no file was added since. */
    private boolean noSpace;

    private boolean retryScheduled;

    /** A thread needs a file now, and there is no room for it. */
    private boolean waiting;

    private boolean waitNoMore;
    private volatile boolean closed;

    /** @param executor prepares files in advance; one thread */
    SpareFiles(Disk disk, LogDirectory directory, LogOptions options, ScheduledExecutorService executor)
            throws IOException {
        this.disk = disk;
        this.directory = directory;
        this.options = options;
        this.executor = executor;
        // Leaves room for a recycled file on top. Otherwise each new segment would write a new file, and each trim
        // delete an old one.
        this.ahead = Math.max(1, options.spareSegments() - 1);
        for (Path unfinished : directory.unfinished()) {
            disk.delete(unfinished);
        }
        for (Path spare : directory.spares()) {
            if (ready.size() < options.spareSegments() && Files.size(spare) == options.segmentBytes()) {
                ready.add(spare);
                lastNumber = LogDirectory.spareNumber(spare);
            } else {
                disk.delete(spare);
            }
        }
    }

    LogSpace space() {
        synchronized (ready) {
            return waiting ? LogSpace.FULL : noSpace ? LogSpace.LOW : LogSpace.OK;
        }
    }

    /** Prepares files in the background until there are enough. */
    void prepareAhead() {
        executor.execute(this::prepare);
    }

    /**
     * Waits while there is no room.
     *
     * @return a file of exactly {@code size} bytes, all written; its content is stale or zero
     * @throws NoSpaceException when there is no room and {@link #waitNoMore} was called
     */
    Path take(long size) throws IOException {
        try {
            while (true) {
                try {
                    return takeAtOnce(size);
                } catch (NoSpaceException e) {
                    awaitSpace(e);
                }
            }
        } finally {
            synchronized (ready) {
                waiting = false;
            }
        }
    }

    /** Like {@link #take}, but never waits. @throws NoSpaceException when there is no room */
    Path takeAtOnce(long size) throws IOException {
        Path ahead = poll(size);
        if (ahead != null) {
            return ahead;
        }
        synchronized (making) {
            // The file in progress may be complete now.
            Path file = poll(size);
            return file != null ? file : make(size, 0);
        }
    }

    private void awaitSpace(NoSpaceException why) throws IOException {
        synchronized (ready) {
            if (waitNoMore) {
                throw why;
            }
            if (!waiting) {
                LOGGER.log(
                        Level.WARNING,
                        "{0}; the log waits, and acknowledges no entry until there is room",
                        why.getMessage());
            }
            waiting = true;
            noSpace = true;
            try {
                // A new spare wakes the thread at once: a trimmed segment needs no room.
                ready.wait(WAIT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for disk space: " + why.getMessage(), e);
            }
        }
    }

    /** The segment at {@code path} is no longer part of the log: keeps its file as a spare, or deletes it. */
    void recycle(Path path, long size) throws IOException {
        Path spare = null;
        synchronized (ready) {
            if (size == options.segmentBytes() && ready.size() < options.spareSegments()) {
                spare = directory.spare(++lastNumber);
            }
        }
        if (spare == null) {
            disk.delete(path);
        } else {
            spare = renamed(path, spare);
        }
        // Comes before any write to the file: a crash must not give new content its old name.
        disk.syncDirectory(directory.path());
        if (spare != null) {
            add(spare);
        }
    }

    /**
     * @return {@code spare}; null when there is no room even for a directory entry: the file is then deleted, which
     *     frees room
     */
    private Path renamed(Path path, Path spare) throws IOException {
        try {
            disk.move(path, spare);
            return spare;
        } catch (IOException e) {
            if (!NoSpaceException.saidBy(e)) {
                throw e;
            }
            disk.delete(path);
            return null;
        }
    }

    /** Threads that wait for room, now or later, get a {@link NoSpaceException}. */
    void waitNoMore() {
        synchronized (ready) {
            waitNoMore = true;
            ready.notifyAll();
        }
    }

    /** Stops a preparation in progress soon. */
    void close() {
        closed = true;
        waitNoMore();
    }

    private Path poll(long size) {
        if (size != options.segmentBytes()) {
            return null;
        }
        synchronized (ready) {
            return ready.poll();
        }
    }

    private void add(Path spare) {
        synchronized (ready) {
            ready.add(spare);
            if (noSpace && ready.size() >= ahead) {
                noSpace = false;
                LOGGER.log(Level.INFO, "the disk of {0} has room for the log again", directory.path());
            }
            ready.notifyAll();
        }
    }

    private boolean enough() {
        synchronized (ready) {
            return ready.size() >= ahead;
        }
    }

    /** Makes one file. The reserve follows a little later, when a start no longer needs the disk. */
    private void prepare() {
        try {
            synchronized (making) {
                if (!closed && !enough()) {
                    // Leaves room for one more file: PostgreSQL may use the same disk.
                    add(make(options.segmentBytes(), options.segmentBytes()));
                }
            }
            if (!enough()) {
                retryLater();
            }
        } catch (NoSpaceException e) {
            noSpace(e);
            retryLater();
        } catch (IOException e) {
            if (!closed) {
                // This is not a failure of the log yet. It becomes one if a file is needed and cannot be made then
                // either.
                LOGGER.log(Level.WARNING, "cannot prepare the next log segment in " + directory.path(), e);
            }
        }
    }

    private void noSpace(NoSpaceException why) {
        synchronized (ready) {
            boolean before = noSpace;
            // A segment may have been recycled meanwhile.
            noSpace = ready.size() < ahead;
            if (noSpace && !before && !closed) {
                LOGGER.log(Level.WARNING, "{0}; spare segments in reserve: {1}", why.getMessage(), ready.size());
            }
        }
    }

    private void retryLater() {
        synchronized (ready) {
            if (retryScheduled || closed) {
                return;
            }
            retryScheduled = true;
        }
        executor.schedule(
                () -> {
                    synchronized (ready) {
                        retryScheduled = false;
                    }
                    prepare();
                },
                LATER_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** @param leave number of bytes that must be free afterwards; otherwise it does not try */
    private Path make(long size, long leave) throws IOException {
        synchronized (making) {
            if (disk.usableBytes(directory.path()) < size + leave) {
                throw new NoSpaceException(directory.path(), size, null);
            }
            Path spare;
            synchronized (ready) {
                spare = directory.spare(++lastNumber);
            }
            Path unfinished = LogDirectory.unfinished(spare);
            try (Disk.OpenFile file = disk.create(unfinished)) {
                fillWithZeros(file, size);
                file.force(true);
            } catch (IOException e) {
                boolean full =
                        NoSpaceException.saidBy(e) || disk.usableBytes(directory.path()) < Math.min(PIECE_BYTES, size);
                deleteQuietly(unfinished, e);
                throw full && !closed ? new NoSpaceException(directory.path(), size, e) : e;
            }
            disk.move(unfinished, spare);
            disk.syncDirectory(directory.path());
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

    /** Deletes a useless file, so that it does not keep the disk full. */
    private void deleteQuietly(Path path, IOException cause) {
        try {
            disk.delete(path);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
