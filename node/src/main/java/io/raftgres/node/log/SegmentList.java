package io.raftgres.node.log;

import java.util.ArrayList;
import java.util.List;

/** The segments of a log, oldest first; the last is the one that is written. Guarded by the log's lock. */
final class SegmentList {

    private final List<Segment> segments;

    /** @param segments at least one */
    SegmentList(List<Segment> segments) {
        this.segments = new ArrayList<>(segments);
    }

    Segment first() {
        return segments.getFirst();
    }

    Segment last() {
        return segments.getLast();
    }

    void add(Segment segment) {
        segments.add(segment);
    }

    /** @return size of the files in bytes */
    long sizeBytes() {
        return segments.stream()
                .mapToLong(segment -> segment.header().capacity())
                .sum();
    }

    /** Takes out the segments that hold nothing from {@code below} on. @return them, oldest first */
    List<Segment> dropBelow(long below) {
        int oldest = segments.size() - 1;
        while (oldest > 0 && segments.get(oldest).firstIndex() > below) {
            oldest--;
        }
        return drop(oldest);
    }

    /** Takes out all but the last. @return them, oldest first */
    List<Segment> dropAllButLast() {
        return drop(segments.size() - 1);
    }

    private List<Segment> drop(int count) {
        List<Segment> oldest = segments.subList(0, count);
        List<Segment> dropped = List.copyOf(oldest);
        oldest.clear();
        return dropped;
    }

    /** @return lowest index for which {@link #dropBelow} leaves at most {@code maxBytes}, or the last segment alone */
    long indexToKeepWithin(long maxBytes) {
        long lowest = last().firstIndex();
        long bytes = last().header().capacity();
        for (int i = segments.size() - 2; i >= 0; i--) {
            Segment segment = segments.get(i);
            bytes += segment.header().capacity();
            if (bytes > maxBytes) {
                break;
            }
            // One that began above a later one has lost all it held to that.
            lowest = Math.min(lowest, segment.firstIndex());
        }
        return lowest;
    }

    /** @param end last index wanted; @return where {@code index} is, and what follows it there */
    LogRead.Run locate(long index, long end) {
        long until = end + 1;
        int i = segments.size() - 1;
        while (segments.get(i).firstIndex() > index) {
            until = Math.min(until, segments.get(i).firstIndex());
            i--;
        }
        Segment segment = segments.get(i);
        PositionIndex positions = segment.positions();
        int sample = positions.floor(index);
        if (sample + 1 < positions.size()) {
            until = Math.min(until, positions.index(sample + 1));
        }
        return new LogRead.Run(segment, positions.index(sample), positions.position(sample), until);
    }
}
