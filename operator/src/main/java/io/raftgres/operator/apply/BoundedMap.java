package io.raftgres.operator.apply;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map in which the oldest entry makes room for one too many. */
final class BoundedMap<K, V> extends LinkedHashMap<K, V> {

    private static final long serialVersionUID = 1;

    private final int max;

    /** @param max number of entries, at least 1 */
    BoundedMap(int max) {
        this.max = max;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > max;
    }
}
