package io.raftgres.node.service.watch;

import java.util.Arrays;
import java.util.function.Consumer;

/** The watchers of one key or range. Each knows its place, so that any of a hundred thousand is removed at once. */
final class Bucket {

    private Watcher[] watchers = new Watcher[1];
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

    /** @param each must not change the bucket */
    void forEach(Consumer<Watcher> each) {
        for (int i = 0; i < size; i++) {
            each.accept(watchers[i]);
        }
    }
}
