package io.raftgres.node.snapshot;

/**
 * Bounds and times of snapshots.
 *
 * @param bytesPerSecond upper bound of bytes read from PostgreSQL, sent, and loaded, each counted separately; 0: no
 *     limit
 * @param chunkBytes rows of one chunk, before compression; a single larger row is a chunk of its own
 * @param window chunks that a receiver requests ahead
 * @param idleMillis a spool without requests is removed after this time
 * @param busyMillis a spool without requests for this time may be replaced for a receiver that needs a later one
 * @param retryMillis a request without reply is repeated after this time
 * @param sourceTimeoutMillis a source that is silent for this long is abandoned
 * @param freeBytesMin disk space that a spool must leave free
 */
public record SnapshotOptions(
        long bytesPerSecond,
        int chunkBytes,
        int window,
        long idleMillis,
        long busyMillis,
        long retryMillis,
        long sourceTimeoutMillis,
        long freeBytesMin) {

    public SnapshotOptions {
        if (bytesPerSecond < 0
                || chunkBytes < 1
                || chunkBytes > ChunkHeader.MAX_RAW_BYTES
                || window < 1
                || idleMillis < 1
                || busyMillis < 0
                || retryMillis < 1
                || sourceTimeoutMillis < 1
                || freeBytesMin < 0) {
            throw new IllegalArgumentException("bounds out of range: bytesPerSecond " + bytesPerSecond + ", chunkBytes "
                    + chunkBytes + ", window " + window + ", idleMillis " + idleMillis + ", busyMillis " + busyMillis
                    + ", retryMillis " + retryMillis + ", sourceTimeoutMillis " + sourceTimeoutMillis
                    + ", freeBytesMin "
                    + freeBytesMin);
        }
    }

    /** @param bytesPerSecond 0: no limit */
    public static SnapshotOptions standard(long bytesPerSecond) {
        return new SnapshotOptions(bytesPerSecond, 1 << 20, 4, 60_000, 5_000, 2_000, 15_000, 512L << 20);
    }
}
