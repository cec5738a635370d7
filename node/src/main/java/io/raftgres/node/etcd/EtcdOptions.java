package io.raftgres.node.etcd;

import java.time.Duration;

/**
 * Bounds of etcd's API.
 *
 * @param maxRequestBytes longest request, encoded (etcd: 1.5 MiB)
 * @param maxKeyBytes longest key
 * @param timeout for a request that comes without a deadline of its own
 */
public record EtcdOptions(int maxRequestBytes, int maxKeyBytes, Duration timeout) {

    private static final int OVERHEAD_BYTES = 512 << 10;

    public static EtcdOptions defaults() {
        return new EtcdOptions(1536 << 10, 8 << 10, Duration.ofSeconds(7));
    }

    /** @return what a message may have beyond the request that it is refused for (etcd: 512 KiB) */
    int overheadBytes() {
        return OVERHEAD_BYTES;
    }
}
