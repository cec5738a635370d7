package io.raftgres.node.service.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The index finds exactly the watchers whose range has a key, after any additions and removals, and is quick. */
class WatcherIndexTest {

    private static Watcher watcher(KeyRange range) {
        return new Watcher(new WatchSpec(range, 0, true, true));
    }

    private static Set<Watcher> found(WatcherIndex index, Key key) {
        List<Watcher> found = new ArrayList<>();
        index.matching(key, bucket -> bucket.forEach(found::add));
        Set<Watcher> set = new HashSet<>(found);
        assertEquals(found.size(), set.size(), "a watcher was found twice");
        return set;
    }

    private static Key key(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(3)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextBoolean() ? random.nextInt(4) : 0xFF - random.nextInt(3));
        }
        return Key.of(bytes);
    }

    private static KeyRange range(Random random) {
        Key a = key(random);
        Key b = key(random);
        return switch (random.nextInt(6)) {
            case 0 -> KeyRange.EVERYTHING;
            case 1 -> KeyRange.prefix(a);
            case 2 -> new KeyRange(a, null);
            case 3 -> a.compareTo(b) < 0 ? new KeyRange(a, b) : new KeyRange(b, a.next());
            default -> KeyRange.single(a);
        };
    }

    @Test
    void indexFindsWhatAFullScanFinds() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            WatcherIndex index = new WatcherIndex();
            List<Watcher> all = new ArrayList<>();
            for (int step = 0; step < 300; step++) {
                if (all.isEmpty() || random.nextInt(100) < (step < 150 ? 70 : 35)) {
                    Watcher added = watcher(range(random));
                    index.add(added);
                    all.add(added);
                } else {
                    index.remove(all.remove(random.nextInt(all.size())));
                }
                Key key = key(random);
                Set<Watcher> expected = new HashSet<>(all);
                expected.removeIf(each -> !each.spec.range().contains(key));
                assertEquals(expected, found(index, key), "seed " + seed);
            }
            assertEquals(new HashSet<>(all), new HashSet<>(index.all()));
            assertEquals(all.size(), index.size());
        }
    }

    @Test
    void removingAnUnknownWatcherIsRefused() {
        WatcherIndex index = new WatcherIndex();
        index.add(watcher(KeyRange.single(Key.of("a"))));
        assertThrows(IllegalStateException.class, () -> index.remove(watcher(KeyRange.single(Key.of("a")))));
        assertThrows(IllegalStateException.class, () -> index.remove(watcher(KeyRange.single(Key.of("b")))));
        assertThrows(IllegalStateException.class, () -> index.remove(watcher(KeyRange.prefix(Key.of("a")))));
    }

    /** Ten thousand each of single keys, of one key and of prefixes: it touches what it finds and little else. */
    @Test
    void lookupIsQuickWithManyWatchers() {
        WatcherIndex index = new WatcherIndex();
        List<Watcher> all = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            all.add(watcher(KeyRange.single(Key.of("single/" + i))));
            all.add(watcher(KeyRange.single(Key.of("hot"))));
            all.add(watcher(KeyRange.prefix(Key.of("prefix/" + i + "/"))));
        }
        all.forEach(index::add);
        long began = System.nanoTime();
        for (int i = 0; i < 100_000; i++) {
            assertEquals(1, found(index, Key.of("prefix/" + i % 10_000 + "/x")).size());
            assertEquals(1, found(index, Key.of("single/" + i % 10_000)).size());
        }
        assertEquals(10_000, found(index, Key.of("hot")).size());
        all.forEach(index::remove);
        long millis = (System.nanoTime() - began) / 1_000_000;
        assertEquals(0, index.size());
        // Looking at all watchers each time would take minutes.
        assertTrue(millis < 20_000, "it took " + millis + " ms");
    }
}
