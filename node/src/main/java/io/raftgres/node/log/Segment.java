package io.raftgres.node.log;

import java.nio.file.Path;

/** A segment of the log with the positions of its entries. Guarded by the log's lock. */
record Segment(Path path, SegmentHeader header, PositionIndex positions) {

    Segment(Path path, SegmentHeader header) {
        this(path, header, new PositionIndex(header.firstIndex()));
    }

    long firstIndex() {
        return header.firstIndex();
    }
}
