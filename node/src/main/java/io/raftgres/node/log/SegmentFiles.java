package io.raftgres.node.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/** Turns files into segments, and segments back into spare files. */
final class SegmentFiles implements Closeable {

    private final Disk disk;
    private final LogDirectory directory;
    private final LogOptions options;
    private final SpareFiles spares;
    private final ScheduledExecutorService background;

    /** @param background prepares files in advance, one thread; ended with this */
    SegmentFiles(Disk disk, LogDirectory directory, LogOptions options, ScheduledExecutorService background)
            throws IOException {
        this.disk = disk;
        this.directory = directory;
        this.options = options;
        this.background = background;
        this.spares = new SpareFiles(disk, directory, options, background);
    }

    Disk disk() {
        return disk;
    }

    LogOptions options() {
        return options;
    }

    Path directory() {
        return directory.path();
    }

    Path path(SegmentHeader header) {
        return directory.segment(header.number());
    }

    /** @return size of a segment with room for one record and the record that closes the log */
    long capacity(long headerBytes, long recordBytes) {
        long needed = headerBytes + recordBytes + RecordHeader.BYTES;
        long capacity = Math.max(
                options.segmentBytes(), Math.ceilDiv(needed, SegmentHeader.BLOCK_BYTES) * SegmentHeader.BLOCK_BYTES);
        if (capacity > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("record of " + recordBytes + " bytes is too large for a segment");
        }
        return capacity;
    }

    LogSpace space() {
        return spares.space();
    }

    /** From now on {@link #begin} fails when there is no room, instead of waiting for room. */
    void waitNoMore() {
        spares.waitNoMore();
    }

    /**
     * The header is durable before the file gets a segment's name, so a segment without a header is damaged.
     *
     * @throws NoSpaceException when there is no room and {@link #waitNoMore} was called; the log is unchanged
     */
    Disk.OpenFile begin(SegmentHeader header) throws IOException {
        return begin(header, spares.take(header.capacity()));
    }

    /** Like {@link #begin}, but never waits for room. */
    Disk.OpenFile beginAtOnce(SegmentHeader header) throws IOException {
        return begin(header, spares.takeAtOnce(header.capacity()));
    }

    private Disk.OpenFile begin(SegmentHeader header, Path spare) throws IOException {
        Disk.OpenFile file = disk.open(spare);
        try {
            file.write(header.encode(), 0);
            file.force(false);
            disk.move(spare, path(header));
            disk.syncDirectory(directory());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        spares.prepareAhead();
        return file;
    }

    /** @return the file of an existing segment */
    Disk.OpenFile resume(Segment segment) throws IOException {
        Disk.OpenFile file = disk.open(segment.path());
        spares.prepareAhead();
        return file;
    }

    /**
     * Removes segments that are no longer part of the log; durable when this returns.
     *
     * @param segments oldest first, each durably removed before the next: a crash in between leaves no gap
     */
    void remove(List<Path> segments) throws IOException {
        for (Path segment : segments) {
            spares.recycle(segment, Files.size(segment));
        }
    }

    /** Releases the directory. */
    @Override
    public void close() throws IOException {
        spares.close();
        background.close();
        directory.close();
    }
}
