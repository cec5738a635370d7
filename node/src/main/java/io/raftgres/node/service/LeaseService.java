package io.raftgres.node.service;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Op;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/**
 * Grants, renews and revokes leases, on any node. Asynchronous operations complete on a thread that must not block. All
 * operations fail only with a {@link io.raftgres.node.kv.ServiceException}.
 */
public interface LeaseService {

    /** @return the operation that {@link #grant} carries out */
    Op.Grant newGrant(long lease, long ttlSeconds);

    /**
     * @param lease id of the lease; 0: the node chooses an id
     * @param ttlSeconds time to live; raised to the minimum, which is longer than an election
     * @return fails with Rejected when the id is in use or the time is too long
     */
    CompletionStage<Granted> grant(long lease, long ttlSeconds, Duration timeout);

    /**
     * @param ttlSeconds granted time to live
     * @param revision the store's revision
     */
    record Granted(long lease, long ttlSeconds, long revision) {}

    /** @return the store's revision after it; fails with Rejected when there is no such lease */
    CompletionStage<Long> revoke(long lease, Duration timeout);

    /**
     * Renews the lease.
     *
     * @return its time to live in seconds; 0 when there is no such lease
     */
    CompletionStage<Long> keepAlive(long lease, Duration timeout);

    /** @return null when there is no such lease */
    CompletionStage<TimeLeft> timeLeft(long lease, Duration timeout);

    record TimeLeft(long grantedSeconds, long leftSeconds) {}

    /**
     * Blocks; call it on a virtual thread.
     *
     * @param held receives the bytes of each key that is held from then on; ends the read by an exception
     * @return the keys that are attached to the lease, in key order
     */
    List<Key> keys(long lease, Duration timeout, LongConsumer held);

    /** @return all leases, by id, as of an acknowledged state. Blocks; call it on a virtual thread */
    List<Long> list(Duration timeout);
}
