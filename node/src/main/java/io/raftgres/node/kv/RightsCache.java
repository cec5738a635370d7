package io.raftgres.node.kv;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** The rights of the users who made requests at one revision of the users, of a bounded size. Thread-safe. */
final class RightsCache {

    /** Ranges of all rights; beyond it, they are computed again. */
    private static final int MAX_RANGES = 1 << 18;

    private final ConcurrentHashMap<String, Rights> rights = new ConcurrentHashMap<>();
    private final AtomicInteger ranges = new AtomicInteger();

    Rights of(String user, Supplier<Rights> compute) {
        Rights known = rights.get(user);
        return known != null ? known : add(user, compute.get());
    }

    private Rights add(String user, Rights computed) {
        // One more, so that users without any right are bounded, too.
        if (ranges.addAndGet(computed.size() + 1) > MAX_RANGES) {
            ranges.set(computed.size() + 1);
            rights.clear();
        }
        rights.put(user, computed);
        return computed;
    }
}
