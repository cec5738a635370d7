package io.raftgres.node.kv;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The existing leases: part of the replicated state. Their expiry times are not part of it: the leader keeps them, and
 * only the end of a lease goes through the log.
 *
 * <p>Only the apply thread changes it; any thread may read.
 */
public final class Leases {

    /** Called on the apply thread; returns at once. */
    public interface Listener {
        void granted(long lease, long ttlSeconds);

        void ended(long lease);
    }

    private static final Listener NO_LISTENER = new Listener() {
        @Override
        public void granted(long lease, long ttlSeconds) {}

        @Override
        public void ended(long lease) {}
    };

    private final ConcurrentHashMap<Long, Long> ttls = new ConcurrentHashMap<>();
    private volatile Listener listener = NO_LISTENER;

    /** @param listener receives all changes after this call */
    public void listen(Listener listener) {
        this.listener = listener;
    }

    /** Loads the leases from the store, before the first entry is applied. */
    public void load(Map<Long, Long> stored) {
        ttls.putAll(stored);
    }

    public boolean exists(long lease) {
        return ttls.containsKey(lease);
    }

    /** @return granted TTL in seconds by lease; a copy */
    public Map<Long, Long> all() {
        return Map.copyOf(ttls);
    }

    /** @return granted TTL in seconds; 0 when there is no such lease */
    public long ttlSeconds(long lease) {
        return ttls.getOrDefault(lease, 0L);
    }

    public int size() {
        return ttls.size();
    }

    void granted(long lease, long ttlSeconds) {
        ttls.put(lease, ttlSeconds);
        listener.granted(lease, ttlSeconds);
    }

    void ended(long lease) {
        ttls.remove(lease);
        listener.ended(lease);
    }
}
