package io.raftgres.node.kv;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The leases that there are: part of the replicated state. When one expires is not in it: that is in the hands of the
 * leader, and only the end goes through the log.
 *
 * <p>The apply thread alone changes it; any thread may read.
 */
public final class Leases {

    /** Told on the apply thread; returns at once. */
    public interface Listener {
        void granted(long lease, long ttlSeconds);

        void ended(long lease);
    }

    private static final Listener NOBODY = new Listener() {
        @Override
        public void granted(long lease, long ttlSeconds) {}

        @Override
        public void ended(long lease) {}
    };

    private final ConcurrentHashMap<Long, Long> ttls = new ConcurrentHashMap<>();
    private volatile Listener listener = NOBODY;

    /** @param listener told of what comes after this call */
    public void listen(Listener listener) {
        this.listener = listener;
    }

    /** As the store kept them, before the first entry is applied. */
    public void load(Map<Long, Long> stored) {
        ttls.putAll(stored);
    }

    public boolean exists(long lease) {
        return ttls.containsKey(lease);
    }

    /** @return lease to time to live in seconds, as it was granted; a copy */
    public Map<Long, Long> all() {
        return Map.copyOf(ttls);
    }

    /** @return seconds, as it was granted; 0 when there is no such lease */
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
