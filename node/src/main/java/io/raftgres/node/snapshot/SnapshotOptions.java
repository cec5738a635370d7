package io.raftgres.node.snapshot;

/**
 * Bounds and times of snapshots.
 *
 * @param bytesPerSecond most that are read from PostgreSQL, sent, and loaded, each counted by itself; 0: no limit
 * @param chunkBytes rows of one chunk, before compression; a single larger row is a chunk of its own
 * @param window chunks that a receiver asks for ahead
 * @param idleMillis a spool that nobody asked for is removed after it
 * @param busyMillis a spool that nobody asked for within it may be replaced for a receiver that needs a later one
 * @param retryMillis what was asked for and did not come is asked for again after it
 * @param giveUpMillis a source that is silent for so long is given up
 * @param freeBytesMin space on the disk that a spool leaves for others
 */
public record SnapshotOptions(
        long bytesPerSecond,
        int chunkBytes,
        int window,
        long idleMillis,
        long busyMillis,
        long retryMillis,
        long giveUpMillis,
        long freeBytesMin) {

    public SnapshotOptions {
        if (bytesPerSecond < 0
                || chunkBytes < 1
                || chunkBytes > ChunkHeader.MAX_RAW_BYTES
                || window < 1
                || idleMillis < 1
                || busyMillis < 0
                || retryMillis < 1
                || giveUpMillis < 1
                || freeBytesMin < 0) {
            throw new IllegalArgumentException("bounds out of range: bytesPerSecond " + bytesPerSecond + ", chunkBytes "
                    + chunkBytes + ", window " + window + ", idleMillis " + idleMillis + ", busyMillis " + busyMillis
                    + ", retryMillis " + retryMillis + ", giveUpMillis " + giveUpMillis + ", freeBytesMin "
                    + freeBytesMin);
        }
    }

    /** @param bytesPerSecond 0: no limit */
    public static SnapshotOptions standard(long bytesPerSecond) {
        return new SnapshotOptions(bytesPerSecond, 1 << 20, 4, 60_000, 5_000, 2_000, 15_000, 512L << 20);
    }
}
