package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Key;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Index of watchers: single keys by hash, ranges in a tree. A watcher is in at most one index. */
final class WatcherIndex {

    private final Map<Key, Bucket> keys = new HashMap<>();
    private final RangeTree ranges = new RangeTree();
    private int size;

    void add(Watcher watcher) {
        if (watcher.spec.range().isSingle()) {
            keys.computeIfAbsent(watcher.spec.range().from(), key -> new Bucket())
                    .add(watcher);
        } else {
            ranges.add(watcher);
        }
        size++;
    }

    void remove(Watcher watcher) {
        if (watcher.spec.range().isSingle()) {
            Key key = watcher.spec.range().from();
            Bucket bucket = keys.get(key);
            if (bucket == null) {
                throw new IllegalStateException("the watcher is not in this index");
            }
            bucket.remove(watcher);
            if (bucket.isEmpty()) {
                keys.remove(key);
            }
        } else {
            ranges.remove(watcher);
        }
        size--;
    }

    /** Calls back for all watchers of the key, in no order; the index must not be changed meanwhile. */
    void matching(Key key, Consumer<Bucket> each) {
        Bucket bucket = keys.get(key);
        if (bucket != null) {
            each.accept(bucket);
        }
        ranges.matching(key, each);
    }

    int size() {
        return size;
    }

    List<Watcher> all() {
        List<Watcher> all = new ArrayList<>(size);
        keys.values().forEach(bucket -> bucket.forEach(all::add));
        ranges.forEach(all::add);
        return all;
    }
}
