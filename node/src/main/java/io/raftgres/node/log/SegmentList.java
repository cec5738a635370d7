package io.raftgres.node.log;

import java.util.ArrayList;
import java.util.List;

/** The segments of a log, oldest first; the appender writes the last one. Guarded by the log's lock. */
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

    /** Removes the segments that hold no entry from {@code below} on. @return them, oldest first */
    List<Segment> dropBelow(long below) {
        int oldest = segments.size() - 1;
        while (oldest > 0 && segments.get(oldest).firstIndex() > below) {
            oldest--;
        }
        return drop(oldest);
    }

    /** Removes all segments but the last. @return them, oldest first */
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
            // A segment that began above a later one has had all its entries replaced by it.
            lowest = Math.min(lowest, segment.firstIndex());
        }
        return lowest;
    }

    /** @param end last index wanted; @return the position of {@code index} and the entries after it in its segment */
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
