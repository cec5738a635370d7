package io.raftgres.node.service.watch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The watchers of a feed: those at the hub's position, those behind, which must catch up, and those in transition.
 * Guarded by the feed.
 */
final class FeedWatchers {

    private final Set<Watcher> all = new HashSet<>();
    private final Set<Watcher> behind = new LinkedHashSet<>();
    private int synced;

    void add(Watcher watcher) {
        all.add(watcher);
    }

    void close(Watcher watcher) {
        watcher.closed = true;
        all.remove(watcher);
        behind.remove(watcher);
        unsync(watcher);
    }

    List<Watcher> all() {
        return List.copyOf(all);
    }

    List<Watcher> closeAll() {
        List<Watcher> closed = List.copyOf(all);
        closed.forEach(this::close);
        return closed;
    }

    void fallBehind(Watcher watcher) {
        unsync(watcher);
        behind.add(watcher);
    }

    private void unsync(Watcher watcher) {
        synced -= watcher.synced ? 1 : 0;
        watcher.synced = false;
    }

    /** @return whether the watcher was behind */
    boolean leaveBehind(Watcher watcher) {
        return behind.remove(watcher);
    }

    void sync(Watcher watcher) {
        watcher.synced = true;
        synced++;
    }

    boolean anyBehind() {
        return !behind.isEmpty();
    }

    List<Watcher> behind() {
        return new ArrayList<>(behind);
    }

    boolean areSynced() {
        return synced == all.size();
    }

    /** @return whether there are watchers, and none begins after this revision */
    boolean haveBegunBy(long revision) {
        return !all.isEmpty() && all.stream().allMatch(watcher -> watcher.spec.fromRevision() <= revision);
    }
}
