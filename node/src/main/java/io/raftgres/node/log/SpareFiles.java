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
 * Files that wait to become segments: of full size and with all blocks written, so that a later fdatasync has no
 * metadata to write. Some are made ready ahead: the next one, and behind it a reserve for when the disk is full. Those
 * of trimmed segments are used again, which needs no room at all.
 */
final class SpareFiles {

    private static final System.Logger LOGGER = System.getLogger(SpareFiles.class.getName());

    /** Zeros go to the disk in pieces with a sync after each, so that the log's own syncs do not wait for much. */
    private static final int PIECE_BYTES = 1 << 20;

    /** How often a full disk is looked at again: by who waits for a file, and in the background. */
    private static final long WAIT_MILLIS = 150;

    private static final long LATER_MILLIS = 1_000;

    private final Disk disk;
    private final LogFolder folder;
    private final LogOptions options;
    private final ScheduledExecutorService executor;
    private final int ahead;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_BYTES);

    /** Held while a file is made, so that one who needs it waits for the one under way. */
    private final Object making = new Object();

    /** Guards itself and the fields below. Notified when there is one more, and when nobody is to wait any more. */
    private final Deque<Path> ready = new ArrayDeque<>();

    private long lastNumber;

    /** The last preparation found no room, and nothing has given any since. */
    private boolean lacking;

    private boolean comingBack;

    /** Someone needs a file now, and there is no room for it. */
    private boolean waiting;

    private boolean waitNoMore;
    private volatile boolean closed;

    /** @param executor runs the preparation ahead; one thread */
    SpareFiles(Disk disk, LogFolder folder, LogOptions options, ScheduledExecutorService executor) throws IOException {
        this.disk = disk;
        this.folder = folder;
        this.options = options;
        this.executor = executor;
        // Room for a recycled one on top: else each roll would write a new file, and each trim delete an old one.
        this.ahead = Math.max(1, options.spareSegments() - 1);
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

    LogSpace space() {
        synchronized (ready) {
            return waiting ? LogSpace.FULL : lacking ? LogSpace.LOW : LogSpace.OK;
        }
    }

    /** Has files made ready in the background until enough wait. */
    void prepareAhead() {
        executor.execute(this::prepare);
    }

    /**
     * Waits for room as long as there is none.
     *
     * @return a file of exactly {@code size} bytes, all written; what is in it is stale or zero
     * @throws NoSpaceException when there is no room and {@link #waitNoMore} was said
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

    /** As {@link #take}, but never waits. @throws NoSpaceException when there is no room */
    Path takeAtOnce(long size) throws IOException {
        Path ahead = poll(size);
        if (ahead != null) {
            return ahead;
        }
        synchronized (making) {
            // One that was being made may be done.
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
                        "{0}; the log waits, and acknowledges nothing until there is room",
                        why.getMessage());
            }
            waiting = true;
            lacking = true;
            try {
                // One more spare wakes it at once: what is trimmed needs no room.
                ready.wait(WAIT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while it waited: " + why.getMessage(), e);
            }
        }
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
            spare = renamed(path, spare);
        }
        // Before anyone may write to the file: a crash must not bring its old name back over new content.
        disk.syncDirectory(folder.directory());
        if (spare != null) {
            add(spare);
        }
    }

    /** @return {@code spare}; null when even a folder's entry finds no room: then the file is gone, which makes some */
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

    /** Whoever waits for room, now or later, gets a {@link NoSpaceException}. */
    void waitNoMore() {
        synchronized (ready) {
            waitNoMore = true;
            ready.notifyAll();
        }
    }

    /** Stops a preparation under way soon. */
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
            if (lacking && ready.size() >= ahead) {
                lacking = false;
                LOGGER.log(Level.INFO, "the disk of {0} has room for the log again", folder.directory());
            }
            ready.notifyAll();
        }
    }

    private boolean enough() {
        synchronized (ready) {
            return ready.size() >= ahead;
        }
    }

    /** Makes one; the reserve comes a little later, when a start has no more use for the disk. */
    private void prepare() {
        try {
            synchronized (making) {
                if (!closed && !enough()) {
                    // Leaves room for one more: PostgreSQL may live on the same disk.
                    add(make(options.segmentBytes(), options.segmentBytes()));
                }
            }
            if (!enough()) {
                comeBack();
            }
        } catch (NoSpaceException e) {
            lacking(e);
            comeBack();
        } catch (IOException e) {
            if (!closed) {
                // Not yet a failure of the log: it becomes one when a file is needed and cannot be made then either.
                LOGGER.log(Level.WARNING, "cannot prepare the next log segment in " + folder.directory(), e);
            }
        }
    }

    private void lacking(NoSpaceException why) {
        synchronized (ready) {
            boolean before = lacking;
            // A segment may have been recycled meanwhile.
            lacking = ready.size() < ahead;
            if (lacking && !before && !closed) {
                LOGGER.log(
                        Level.WARNING,
                        "{0}; {1} in reserve",
                        why.getMessage(),
                        ready.isEmpty() ? "none is" : ready.size() + " such is");
            }
        }
    }

    private void comeBack() {
        synchronized (ready) {
            if (comingBack || closed) {
                return;
            }
            comingBack = true;
        }
        executor.schedule(
                () -> {
                    synchronized (ready) {
                        comingBack = false;
                    }
                    prepare();
                },
                LATER_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** @param leave so many bytes must be free afterwards; otherwise it is not even tried */
    private Path make(long size, long leave) throws IOException {
        synchronized (making) {
            if (disk.usableBytes(folder.directory()) < size + leave) {
                throw new NoSpaceException(folder.directory(), size, null);
            }
            Path spare;
            synchronized (ready) {
                spare = folder.spare(++lastNumber);
            }
            Path unfinished = LogFolder.unfinished(spare);
            try (Disk.OpenFile file = disk.create(unfinished)) {
                fillWithZeros(file, size);
                file.force(true);
            } catch (IOException e) {
                boolean full = NoSpaceException.saidBy(e)
                        || disk.usableBytes(folder.directory()) < Math.min(PIECE_BYTES, size);
                deleteQuietly(unfinished, e);
                throw full && !closed ? new NoSpaceException(folder.directory(), size, e) : e;
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
