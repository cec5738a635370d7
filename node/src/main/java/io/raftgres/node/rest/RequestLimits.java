package io.raftgres.node.rest;

import io.raftgres.node.memory.MemoryAccount;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts requests in flight, so that an overloaded node refuses the excess instead of growing. Thread-safe. */
final class RequestLimits {

    private final RestOptions options;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger rangeReads = new AtomicInteger();
    private final AtomicInteger watches = new AtomicInteger();
    private final MemoryAccount bodies;
    private final MemoryAccount unsent;

    /** @param bodies of requests; @param unsent responses */
    RequestLimits(RestOptions options, MemoryAccount bodies, MemoryAccount unsent) {
        this.options = options;
        this.bodies = bodies;
        this.unsent = unsent;
    }

    boolean enter() {
        return take(requests, options.maxInFlight());
    }

    void leave() {
        requests.decrementAndGet();
    }

    void enterRangeRead() {
        if (!take(rangeReads, options.maxRangeReads())) {
            throw Problem.overloaded("the node streams its maximum of " + options.maxRangeReads() + " range reads");
        }
    }

    void leaveRangeRead() {
        rangeReads.decrementAndGet();
    }

    void enterWatch() {
        if (!take(watches, options.maxWatches())) {
            throw Problem.overloaded("the node has its maximum of " + options.maxWatches() + " watches");
        }
    }

    void leaveWatch() {
        watches.decrementAndGet();
    }

    void holdBody(int bytes) {
        if (!bodies.take(bytes)) {
            throw Problem.overloaded("the bodies of requests in flight use all " + bodies.limit()
                    + " bytes of their share of the memory");
        }
    }

    void releaseBody(int bytes) {
        bodies.give(bytes);
    }

    /** Memory of responses that clients have not taken. */
    MemoryAccount unsent() {
        return unsent;
    }

    int requests() {
        return requests.get();
    }

    int rangeReads() {
        return rangeReads.get();
    }

    int watches() {
        return watches.get();
    }

    long bodyBytes() {
        return bodies.used();
    }

    private static boolean take(AtomicInteger counter, int limit) {
        if (counter.incrementAndGet() > limit) {
            counter.decrementAndGet();
            return false;
        }
        return true;
    }
}
