package io.raftgres.node.log;

/**
 * Sizes of a log.
 *
 * @param segmentBytes size of a segment file, a multiple of 4096; a larger entry gets a segment of its own size
 * @param spareSegments upper bound of preallocated or recycled files that wait to become a segment. One fewer is
 *     preallocated: of 3, one is the next segment, one is the reserve for a full disk, and one was recycled
 * @param bufferBytes memory in which the writer collects records; a larger group takes several writes, but one sync
 */
public record LogOptions(int segmentBytes, int spareSegments, int bufferBytes) {

    public LogOptions {
        if (segmentBytes < 2 * SegmentHeader.BLOCK_BYTES || segmentBytes % SegmentHeader.BLOCK_BYTES != 0) {
            throw new IllegalArgumentException(
                    "the segment size is " + segmentBytes + " bytes, but must be at least 8192 and a multiple of 4096");
        }
        if (spareSegments < 1 || bufferBytes < SegmentHeader.BLOCK_BYTES) {
            throw new IllegalArgumentException(
                    "the log needs at least 1 spare segment and a buffer of at least 4096 bytes");
        }
    }

    public static LogOptions standard() {
        return new LogOptions(64 << 20, 3, 1 << 20);
    }
}
