package io.raftgres.bench.load;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Makes the requests of a {@link LoadGenerator}'s clients. Only the generator's thread calls it, so it needs no locks.
 */
public interface Workload {

    /** Names of the kinds of request, in the order of the numbers that {@link #next} returns. */
    List<String> kinds();

    /** Maximum size of one request. */
    int requestBytesMax();

    /**
     * Writes the client's next request, whole, to {@code out}. A client has one request in flight: for every call there
     * is one call of {@link #done} before the next.
     *
     * @param client from 0
     * @return the kind of the request
     */
    int next(int client, Endpoint endpoint, ByteBuffer out);

    /** The client's request has ended, successfully or not. */
    default void done(int client, Exchange exchange) {}
}
