package io.raftgres.node.etcd.call;

import java.time.Duration;

/**
 * Bounds of etcd's API.
 *
 * @param maxRequestBytes longest request, encoded (etcd: 1.5 MiB)
 * @param maxKeyBytes longest key
 * @param timeout for a request that comes without a deadline of its own
 * @param watchProgress a watch that asked for it is told its progress after such a silence, or a tenth more (etcd:
 *     10 min)
 * @param leaderCheck streams of clients that ask for a leader end when none is known three times, such a time apart
 */
public record EtcdOptions(
        int maxRequestBytes, int maxKeyBytes, Duration timeout, Duration watchProgress, Duration leaderCheck) {

    private static final int OVERHEAD_BYTES = 512 << 10;

    /** With etcd's own times. */
    public EtcdOptions(int maxRequestBytes, int maxKeyBytes, Duration timeout) {
        this(maxRequestBytes, maxKeyBytes, timeout, Duration.ofMinutes(10), Duration.ofSeconds(1));
    }

    public static EtcdOptions defaults() {
        return new EtcdOptions(1536 << 10, 8 << 10, Duration.ofSeconds(7));
    }

    /** @return what a message may have beyond the request that it is refused for (etcd: 512 KiB) */
    public int overheadBytes() {
        return OVERHEAD_BYTES;
    }
}
