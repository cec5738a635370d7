package io.raftgres.node.rest;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is under way, so that a node under too much load refuses the excess instead of growing. Thread-safe. */
final class Admission {

    private final RestOptions options;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger rangeReads = new AtomicInteger();
    private final AtomicInteger watches = new AtomicInteger();
    private final AtomicLong bodyBytes = new AtomicLong();

    Admission(RestOptions options) {
        this.options = options;
    }

    boolean enter() {
        return take(requests, options.maxInFlight());
    }

    void leave() {
        requests.decrementAndGet();
    }

    void enterRangeRead() {
        if (!take(rangeReads, options.maxRangeReads())) {
            throw Problem.overloaded("the node streams " + options.maxRangeReads() + " range reads already");
        }
    }

    void leaveRangeRead() {
        rangeReads.decrementAndGet();
    }

    void enterWatch() {
        if (!take(watches, options.maxWatches())) {
            throw Problem.overloaded("the node has " + options.maxWatches() + " watches already");
        }
    }

    void leaveWatch() {
        watches.decrementAndGet();
    }

    void holdBody(int bytes) {
        if (bodyBytes.addAndGet(bytes) > options.maxBodyBytes()) {
            bodyBytes.addAndGet(-bytes);
            throw Problem.overloaded("the request bodies on the way hold " + options.maxBodyBytes() + " bytes already");
        }
    }

    void releaseBody(int bytes) {
        bodyBytes.addAndGet(-bytes);
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
        return bodyBytes.get();
    }

    private static boolean take(AtomicInteger counter, int limit) {
        if (counter.incrementAndGet() > limit) {
            counter.decrementAndGet();
            return false;
        }
        return true;
    }
}
