package io.raftgres.node.log;

import io.raftgres.raft.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** One read of consecutive entries. Holds no lock while it waits for the disk. */
final class LogRead {

    private static final int MIN_WINDOW_BYTES = 16 << 10;
    private static final int MAX_WINDOW_BYTES = 256 << 10;

    private final Disk disk;
    private final LongFunction<Run> locate;
    private final int maxBytes;
    private final List<Entry> entries = new ArrayList<>();
    private long bytes;

    /**
     * Consecutive entries in a segment.
     *
     * @param first index of the first
     * @param position of its record
     * @param until index above the last
     */
    record Run(Segment segment, long first, long position, long until) {}

    /**
     * @param locate returns the run that contains an index; null when the log has changed and the read must begin again
     */
    LogRead(Disk disk, LongFunction<Run> locate, int maxBytes) {
        this.disk = disk;
        this.locate = locate;
        this.maxBytes = maxBytes;
    }

    /** @return null when the log has changed meanwhile */
    List<Entry> run(long from, long to) throws IOException {
        SegmentReader reader = null;
        Segment open = null;
        try {
            boolean room = true;
            for (long next = from; room && next <= to; next = from + entries.size()) {
                Run run = locate.apply(next);
                if (run == null) {
                    return null;
                }
                if (run.segment() != open) {
                    if (reader != null) {
                        reader.close();
                    }
                    open = run.segment();
                    reader = new SegmentReader(disk, open, Math.clamp(maxBytes, MIN_WINDOW_BYTES, MAX_WINDOW_BYTES));
                }
                room = readRun(reader, run, next);
            }
            // The entries belong to the log only if none was replaced or trimmed while they were read.
            return locate.apply(from) == null ? null : entries;
        } finally {
            if (reader != null) {
                reader.close();
            }
        }
    }

    /** @return whether there is room for more entries */
    private boolean readRun(SegmentReader reader, Run run, long from) throws IOException {
        long at = run.position();
        for (long index = run.first(); index < run.until(); ) {
            RecordHeader header = reader.header(at);
            if (header == null) {
                throw new LogDamagedException(run.segment().path(), at, "found no record, expected entry " + index);
            }
            if (header.type() == RecordHeader.Type.ENTRY) {
                if (header.index() != index) {
                    throw new LogDamagedException(
                            run.segment().path(), at, "found entry " + header.index() + ", expected entry " + index);
                }
                if (index >= from) {
                    if (!entries.isEmpty() && bytes + header.payloadLength() + Entry.OVERHEAD_BYTES > maxBytes) {
                        return false;
                    }
                    byte[] data = reader.payload(at, header);
                    if (data == null) {
                        throw new LogDamagedException(
                                run.segment().path(), at, "found entry " + index + " with a wrong checksum");
                    }
                    Entry entry = new Entry(index, header.term(), header.kind(), data);
                    entries.add(entry);
                    bytes += entry.sizeBytes();
                }
                index++;
            }
            at += header.sizeOnDisk();
        }
        return true;
    }
}
