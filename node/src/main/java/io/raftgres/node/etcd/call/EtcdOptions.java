package io.raftgres.node.etcd.call;

import java.time.Duration;

/**
 * Bounds of etcd's API.
 *
 * @param maxRequestBytes longest request, encoded (etcd: 1.5 MiB)
 * @param maxKeyBytes longest key
 * @param timeout for a request without a deadline
 * @param watchProgress a watch that asked for progress gets it after this time without changes, or a tenth more (etcd:
 *     10 min)
 * @param leaderCheck time between checks: streams of clients that require a leader end when three checks in a row find
 *     none
 */
public record EtcdOptions(
        int maxRequestBytes, int maxKeyBytes, Duration timeout, Duration watchProgress, Duration leaderCheck) {

    private static final int OVERHEAD_BYTES = 512 << 10;

    /** Options with etcd's own times. */
    public EtcdOptions(int maxRequestBytes, int maxKeyBytes, Duration timeout) {
        this(maxRequestBytes, maxKeyBytes, timeout, Duration.ofMinutes(10), Duration.ofSeconds(1));
    }

    public static EtcdOptions defaults() {
        return new EtcdOptions(1536 << 10, 8 << 10, Duration.ofSeconds(7));
    }

    /** @return bytes that a message may have above the limit of a request (etcd: 512 KiB) */
    public int overheadBytes() {
        return OVERHEAD_BYTES;
    }
}
