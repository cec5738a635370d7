package io.raftgres.node.service.watch;

import io.raftgres.node.kv.Change;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The watchers of one key or range. Each knows its position, so that one of a hundred thousand is removed in constant
 * time.
 */
final class Bucket {

    private Watcher[] watchers = new Watcher[1];
    /** Changes collected for all watchers in one round; null for none. Only {@link Dispatch} uses it. */
    List<Change> pending;

    private int size;

    void add(Watcher watcher) {
        if (size == watchers.length) {
            watchers = Arrays.copyOf(watchers, 2 * size);
        }
        watcher.slot = size;
        watchers[size++] = watcher;
    }

    void remove(Watcher watcher) {
        if (watcher.slot >= size || watchers[watcher.slot] != watcher) {
            throw new IllegalStateException("the watcher is not in this index");
        }
        Watcher last = watchers[--size];
        watchers[size] = null;
        if (last != watcher) {
            watchers[watcher.slot] = last;
            last.slot = watcher.slot;
        }
        if (size < watchers.length / 4) {
            watchers = Arrays.copyOf(watchers, watchers.length / 2);
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** @param each may remove the given watcher from the bucket, and no other */
    void forEach(Consumer<Watcher> each) {
        // The last watcher takes the position of a removed one.
        for (int i = size - 1; i >= 0; i--) {
            each.accept(watchers[i]);
        }
    }
}
