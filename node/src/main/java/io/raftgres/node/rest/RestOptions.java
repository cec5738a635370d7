package io.raftgres.node.rest;

import java.time.Duration;

/**
 * Bounds of the REST API.
 *
 * @param maxKeyBytes longest key, after percent-decoding
 * @param maxValueBytes longest value
 * @param maxTxnBytes keys and values of one transaction together; its JSON may be twice as long
 * @param maxInFlight requests being answered at a time, watches aside; more are asked to come back
 * @param maxRangeReads range reads streaming at a time: each holds a part of its response
 * @param maxWatches watches open at a time
 * @param bodyTimeout a request whose body has not arrived by then is cut
 * @param stallTimeout a reader of a stream that takes nothing for so long is cut
 * @param keepAlive a watch that has been silent for so long sends a progress event or a comment
 * @param defaultTimeout time for a read or write that names none
 */
public record RestOptions(
        int maxKeyBytes,
        int maxValueBytes,
        int maxTxnBytes,
        int maxInFlight,
        int maxRangeReads,
        int maxWatches,
        Duration bodyTimeout,
        Duration stallTimeout,
        Duration keepAlive,
        Duration defaultTimeout) {

    /** Longest time limit of a request. */
    public static final int MAX_TIMEOUT_MILLIS = 60_000;

    public static RestOptions defaults() {
        return new RestOptions(
                8 << 10,
                1536 << 10,
                2 << 20,
                4_096,
                256,
                10_000,
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5));
    }

    public RestOptions {
        if (maxKeyBytes < 1 || maxValueBytes < 0 || maxTxnBytes < maxKeyBytes + maxValueBytes) {
            throw new IllegalArgumentException("limits: key " + maxKeyBytes + ", value " + maxValueBytes
                    + ", transaction " + maxTxnBytes + ": a transaction must have room for one key and one value");
        }
        if (maxInFlight < 1 || maxRangeReads < 1 || maxWatches < 1) {
            throw new IllegalArgumentException("a bound of the REST API leaves no room for one request");
        }
    }

    /** Longest body of a transaction: base64 adds a third, and names and quotes need room. */
    int maxTxnBodyBytes() {
        return 2 * maxTxnBytes;
    }

    public RestOptions withSizes(int keyBytes, int valueBytes) {
        int txnBytes = Math.max(maxTxnBytes, keyBytes + valueBytes + (64 << 10));
        return new RestOptions(
                keyBytes,
                valueBytes,
                txnBytes,
                maxInFlight,
                maxRangeReads,
                maxWatches,
                bodyTimeout,
                stallTimeout,
                keepAlive,
                defaultTimeout);
    }
}
