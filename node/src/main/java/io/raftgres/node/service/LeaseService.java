package io.raftgres.node.service;

import io.raftgres.node.kv.Key;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/**
 * Leases, asked of any node. The asynchronous ones complete on a thread that must not block; all fail with a
 * {@link io.raftgres.node.kv.ServiceException} only.
 */
public interface LeaseService {

    /**
     * @param lease 0: an id is chosen
     * @param ttlSeconds raised to the smallest that an election cannot outlast
     * @return fails with Rejected when the id is taken or the time too long
     */
    CompletionStage<Granted> grant(long lease, long ttlSeconds, Duration timeout);

    /** @param ttlSeconds which it got @param revision the store's */
    record Granted(long lease, long ttlSeconds, long revision) {}

    /** @return the store's revision after it; fails with Rejected when there is no such lease */
    CompletionStage<Long> revoke(long lease, Duration timeout);

    /** The lease begins anew. @return its time to live in seconds; 0 when there is no such lease */
    CompletionStage<Long> keepAlive(long lease, Duration timeout);

    /** @return null when there is no such lease */
    CompletionStage<TimeLeft> timeLeft(long lease, Duration timeout);

    record TimeLeft(long grantedSeconds, long leftSeconds) {}

    /**
     * Blocks; call it on a virtual thread.
     *
     * @param held told the bytes of each key that is held from then on; ends the read by an exception
     * @return keys that are attached to the lease, in their order
     */
    List<Key> keys(long lease, Duration timeout, LongConsumer held);

    /** @return all leases, by id, as of an acknowledged state. Blocks; call it on a virtual thread */
    List<Long> list(Duration timeout);
}
