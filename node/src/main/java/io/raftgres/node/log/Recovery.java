package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import io.raftgres.raft.HardState;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a log from disk after a stop or a crash. A crash has few possible effects. Every segment but the last was
 * synced to its end before the next began. In the last segment, only the group being written may be incomplete.
 * Recovery cuts such a torn tail. It refuses any other error as damage.
 */
final class Recovery {

    private static final System.Logger LOGGER = System.getLogger(Recovery.class.getName());
    private static final int WINDOW_BYTES = 1 << 20;

    private final Disk disk;
    private final LogIdentity identity;
    private final Path directory;
    private final List<Segment> segments = new ArrayList<>();
    private LogContents contents;

    private Recovery(Disk disk, Path directory, LogIdentity identity) {
        this.disk = disk;
        this.directory = directory;
        this.identity = identity;
    }

    /**
     * @param contents the content of the log
     * @param segments oldest first
     * @param end where the records of the last segment end
     * @param replaced files of segments that no longer belong to the log, oldest first
     */
    record Recovered(LogContents contents, List<Segment> segments, long end, List<Path> replaced) {}

    /** @return the log on disk, all of it durable now; null when there is no log yet */
    static Recovered run(Disk disk, Path directory, LogIdentity identity) throws IOException {
        return new Recovery(disk, directory, identity).run();
    }

    private Recovered run() throws IOException {
        List<Path> files = LogDirectory.segments(directory);
        if (files.isEmpty()) {
            return null;
        }
        int oldest = files.size();
        do {
            Segment segment = openSegment(files.get(--oldest));
            if (!segments.isEmpty()) {
                requireNext(segment, segments.getFirst());
            }
            segments.addFirst(segment);
        } while (oldest > 0 && !segments.getFirst().header().beginsLog());
        contents = new LogContents(segments.getFirst().header());
        long end = 0;
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (i > 0) {
                follow(segment);
            }
            boolean last = i == segments.size() - 1;
            end = replay(segment, last ? -1 : segments.get(i + 1).header().previousEnd());
        }
        // Renames and deletions of a killed process are visible already, but may not be durable yet.
        disk.syncDirectory(directory);
        return new Recovered(contents, segments, end, List.copyOf(files.subList(0, oldest)));
    }

    private Segment openSegment(Path path) throws IOException {
        SegmentHeader header = SegmentHeader.read(disk, path);
        if (!header.identity().equals(identity)) {
            throw new LogIdentityException(path, header.identity(), identity);
        }
        String expected = "segment-%016x.log".formatted(header.number());
        if (!path.getFileName().toString().equals(expected)) {
            throw new LogDamagedException(path, 0, "the header is that of " + expected);
        }
        return new Segment(path, header);
    }

    private void requireNext(Segment previous, Segment segment) throws IOException {
        SegmentHeader header = segment.header();
        if (header.number() != previous.header().number() + 1
                || header.salt() != previous.header().salt()) {
            throw new LogDamagedException(
                    directory,
                    "between " + previous.path().getFileName() + " and "
                            + segment.path().getFileName() + " a segment is missing, or they belong to different logs");
        }
    }

    /** Checks that a segment continues where the previous one ended. */
    private void follow(Segment segment) throws IOException {
        SegmentHeader header = segment.header();
        long below = header.firstIndex() - 1;
        if (below > contents.lastIndex()) {
            throw new LogDamagedException(
                    segment.path(),
                    0,
                    "the segment begins with entry " + header.firstIndex() + " but the previous segment ends with "
                            + contents.lastIndex());
        }
        if (!contents.hardState().equals(header.hardState())) {
            throw new LogDamagedException(
                    segment.path(),
                    0,
                    "the header says " + header.hardState() + ", the segments before say " + contents.hardState());
        }
        if (below < contents.firstIndex()) {
            // This segment replaces all earlier entries.
            contents = new LogContents(header);
            return;
        }
        if (contents.termAt(below) != header.previousTerm()) {
            throw new LogDamagedException(
                    segment.path(),
                    0,
                    "the header says that entry " + below + " has term " + header.previousTerm()
                            + ", the segments before say " + contents.termAt(below));
        }
        contents.truncateTo(below);
    }

    /** @param sealedEnd where the records must end; -1 in the last segment; @return where they end */
    private long replay(Segment segment, long sealedEnd) throws IOException {
        long at = segment.header().sizeOnDisk();
        try (SegmentReader reader = new SegmentReader(disk, segment, WINDOW_BYTES)) {
            while (at != sealedEnd) {
                RecordHeader header = reader.header(at);
                String fault = fault(reader, at, header);
                if (fault == null && sealedEnd >= 0 && at + header.sizeOnDisk() > sealedEnd) {
                    fault = "a record that runs past the end of the segment's records at " + sealedEnd;
                }
                if (fault != null && sealedEnd >= 0) {
                    throw new LogDamagedException(
                            segment.path(),
                            at,
                            "found " + fault + ", although all bytes were synced up to " + sealedEnd
                                    + " before the next segment began");
                }
                if (fault != null) {
                    cutTail(segment, reader, at, header, fault);
                    return at;
                }
                apply(segment, reader, at, header);
                at += header.sizeOnDisk();
            }
            return at;
        }
    }

    /** @return the defect of the record at {@code at}, null when it has none */
    private static String fault(SegmentReader reader, long at, RecordHeader header) throws IOException {
        if (header != null) {
            return reader.payloadIntact(at, header) ? null : "a payload with a wrong checksum";
        }
        return at + RecordHeader.BYTES > reader.limit() ? "the end of the file at " + reader.limit() : "no record";
    }

    private void apply(Segment segment, SegmentReader reader, long at, RecordHeader header) throws IOException {
        try {
            switch (header.type()) {
                case ENTRY -> {
                    if (header.kind() == null) {
                        throw new IllegalStateException("entry " + header.index() + " of an unknown kind");
                    }
                    if (header.index() < segment.firstIndex()) {
                        throw new IllegalStateException(
                                "entry " + header.index() + " in a segment from " + segment.firstIndex());
                    }
                    boolean membership = header.kind() == Entry.Kind.MEMBERSHIP;
                    contents.append(
                            header.index(),
                            header.term(),
                            !membership
                                    ? null
                                    : new Entry(
                                            header.index(), header.term(), header.kind(), reader.payload(at, header)));
                    segment.positions().add(header.index(), at);
                }
                case HARD_STATE -> contents.store(new HardState(header.term(), header.index()));
                case CLOSED -> {}
            }
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new LogDamagedException(
                    segment.path(), at, "found an intact record that contradicts the log: " + e.getMessage());
        }
    }

    /**
     * Handles an incomplete record at {@code at}. It is damage if a later record proves that it was synced. Otherwise
     * this record and all after it were never acknowledged. Their bytes are erased, so that they cannot pass for
     * records when new ones have been written up to them.
     */
    private void cutTail(Segment segment, SegmentReader reader, long at, RecordHeader broken, String fault)
            throws IOException {
        long eraseTo = broken == null ? at : at + broken.sizeOnDisk();
        for (long offset = at + RecordHeader.ALIGNMENT;
                offset + RecordHeader.BYTES <= reader.limit();
                offset += RecordHeader.ALIGNMENT) {
            RecordHeader later = reader.header(offset);
            if (later == null) {
                continue;
            }
            if (later.synced() > at) {
                throw new LogDamagedException(
                        segment.path(),
                        at,
                        "found " + fault + ", but the " + later.type() + " record at offset " + offset
                                + " was written when all bytes were synced up to " + later.synced());
            }
            eraseTo = Math.max(eraseTo, offset + later.sizeOnDisk());
        }
        long capacity = segment.header().capacity();
        try (Disk.OpenFile file = disk.open(segment.path())) {
            boolean torn = eraseTo > at || reader.limit() < capacity;
            if (torn) {
                LOGGER.log(
                        Level.INFO,
                        "log segment {0} ended in a write cut short by a crash: {1} at offset {2};"
                                + " the log continues from there",
                        segment.path(),
                        fault,
                        String.valueOf(at));
                if (reader.limit() < capacity) {
                    erase(file, reader.limit(), capacity);
                }
                erase(file, at, Math.min(eraseTo, capacity));
            }
            // The records may be only in the operating system's memory: they must be durable before other members count
            // on them.
            file.force(torn);
        }
    }

    private static void erase(Disk.OpenFile file, long from, long to) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocate(WINDOW_BYTES);
        for (long at = from; at < to; at += WINDOW_BYTES) {
            file.write(zeros.clear().limit((int) Math.min(WINDOW_BYTES, to - at)), at);
        }
    }
}
