package io.raftgres.node.store.sql;

import io.raftgres.node.store.Store;

/**
 * The connection to the node's PostgreSQL.
 *
 * @param jdbcUrl {@code jdbc:postgresql://host:port/database}; PostgreSQL 15 or later
 * @param password may be empty, for servers that require none
 * @param openMillisMax how long {@link Store#open} waits for a PostgreSQL that starts
 * @param readConnections for point reads, which are short
 * @param streamConnections for ranges and events
 * @param partitionRevisions revisions in one partition of the history: compaction frees space in this unit. Between
 *     starts it may be changed to a divisor of its old value
 */
public record StoreOptions(
        String jdbcUrl,
        String user,
        String password,
        long openMillisMax,
        int readConnections,
        int streamConnections,
        long partitionRevisions) {

    /** Revisions of a partition of the history. The default length of the history has 100 partitions of this size. */
    public static final long STANDARD_PARTITION_REVISIONS = 100_000;

    /** Heap of one stream: one fetch of each of up to three cursors, and the largest value twice. */
    public static final long CURSOR_BYTES = 2L << 20;

    private static final int STREAM_CONNECTIONS = 12;

    /** Streams reserved for the state machine and for watches that lag. */
    private static final int OWN_STREAMS = 4;

    private static final int LEAST_RANGE_READS = 2;

    public StoreOptions {
        if (!jdbcUrl.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException("'" + jdbcUrl + "' is not a JDBC URL of PostgreSQL");
        }
        if (readConnections < 1 || streamConnections < 1 || partitionRevisions < 1 || openMillisMax < 0) {
            throw new IllegalArgumentException(
                    "the numbers of connections and of revisions of a partition must be at least 1");
        }
    }

    public static StoreOptions of(String jdbcUrl, String user, String password) {
        return new StoreOptions(jdbcUrl, user, password, 60_000, 4, STREAM_CONNECTIONS, STANDARD_PARTITION_REVISIONS);
    }

    /** @return options with as many streams as can hold their rows within that memory, at most the current number */
    public StoreOptions within(long bytes) {
        int streams = Math.clamp(bytes / CURSOR_BYTES, OWN_STREAMS + LEAST_RANGE_READS, streamConnections);
        return new StoreOptions(jdbcUrl, user, password, openMillisMax, readConnections, streams, partitionRevisions);
    }

    /** @return number of ranges that clients may read at the same time */
    public int rangeReads() {
        return Math.max(LEAST_RANGE_READS, streamConnections - OWN_STREAMS);
    }
}
