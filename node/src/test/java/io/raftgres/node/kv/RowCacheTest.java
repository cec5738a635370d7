package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Rows that PostgreSQL may still lose never leave memory, and a late response from PostgreSQL never hides a newer row.
 */
class RowCacheTest {

    private static Row row(String key, long revision) {
        return new Row(Key.of(key), new byte[100], revision, revision, 1, 0);
    }

    @Test
    void unflushedRowsAreKeptBeyondTheBound() {
        RowCache cache = new RowCache(1_000);
        for (int i = 1; i <= 100; i++) {
            cache.changed(Key.of("k" + i), row("k" + i, i), i);
        }
        cache.evict(0);
        assertEquals(100, cache.size());
        cache.evict(50);
        for (int i = 51; i <= 100; i++) {
            assertNotNull(cache.find(Key.of("k" + i)));
        }
        cache.evict(100);
        cache.evict(100);
        assertTrue(cache.sizeBytes() <= 1_000);
    }

    @Test
    void aKeyWrittenOverAndOverTakesTheRoomOfOne() {
        RowCache cache = new RowCache(1 << 20);
        for (int i = 1; i <= 100_000; i++) {
            cache.changed(Key.of("k"), row("k", i), i);
            cache.evict(i);
        }
        assertEquals(1, cache.size());
        assertEquals(row("k", 1).sizeBytes(), cache.sizeBytes());
    }

    @Test
    void valuesThatWereReplacedAreNotKept() {
        RowCache cache = new RowCache(1 << 20);
        List<WeakReference<Row>> replaced = new ArrayList<>();
        for (int i = 1; i <= 1_000; i++) {
            Row row = row("k", i);
            replaced.add(new WeakReference<>(row));
            cache.changed(Key.of("k"), row, i);
            cache.evict(i);
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < deadline && kept(replaced) > 1) {
            System.gc();
        }
        assertEquals(1, kept(replaced));
        assertNotNull(cache.find(Key.of("k")));
    }

    private static long kept(List<WeakReference<Row>> rows) {
        return rows.stream().filter(row -> row.get() != null).count();
    }

    @Test
    void theBoundHoldsHoweverMuchComesWithOneBatch() {
        RowCache cache = new RowCache(1_000 * row("k", 1).sizeBytes());
        long index = 0;
        for (int batch = 0; batch < 5; batch++) {
            for (int i = 0; i < 20_000; i++) {
                String key = "k" + batch + " " + i;
                cache.changed(Key.of(key), row(key, ++index), index);
                cache.find(Key.of(key));
            }
            cache.evict(index);
            assertTrue(cache.size() <= 1_000, cache.size() + " rows after batch " + batch);
        }
    }

    @Test
    void lateResponseIsIgnoredOnceTheKeyWasChangedAndEvicted() {
        RowCache cache = new RowCache(0);
        long askedAt = 5;
        cache.changed(Key.of("k"), row("k", 6), 6);
        cache.evict(6);
        cache.evict(6);
        assertNull(cache.find(Key.of("k")));
        cache.loaded(Key.of("k"), row("k", 3), askedAt);
        assertNull(cache.find(Key.of("k")), "the response may be from before the change");
        cache.loaded(Key.of("k"), row("k", 6), 6);
        assertNotNull(cache.find(Key.of("k")));
    }

    @Test
    void aRecentlyReadRowOutlivesTheOthers() {
        RowCache cache = new RowCache(10 * row("k1", 1).sizeBytes());
        for (int i = 0; i < 10; i++) {
            cache.changed(Key.of("k" + i), row("k" + i, 1), i);
        }
        cache.find(Key.of("k0"));
        cache.changed(Key.of("x0"), row("x0", 1), 20);
        cache.evict(20);
        assertNotNull(cache.find(Key.of("k0")));
        assertNull(cache.find(Key.of("k1")));
    }

    @Test
    void whileAllRowsAreCachedAMissIsAnAbsentKey() {
        RowCache cache = new RowCache(10 * row("k1", 1).sizeBytes());
        assertNull(cache.find(Key.of("x")));
        cache.becomeWhole();
        assertNull(cache.find(Key.of("x")).row());
        for (int i = 0; i < 11; i++) {
            cache.changed(Key.of("k" + i), row("k" + i, 1), i);
        }
        cache.evict(20);
        assertFalse(cache.isWhole());
        assertNull(cache.find(Key.of("x")), "it may be the one that has left");
    }

    @Test
    void absentKeysAreEvictedBeforeRows() {
        RowCache cache = new RowCache(10 * row("k1", 1).sizeBytes());
        cache.becomeWhole();
        for (int i = 0; i < 9; i++) {
            cache.changed(Key.of("k" + i), row("k" + i, 1), i);
        }
        for (int i = 10; i < 10_000; i++) {
            cache.deleted(Key.of("gone" + i), i, i);
            cache.evict(i);
        }
        assertTrue(cache.isWhole());
        assertEquals(0, cache.evictions());
        for (int i = 0; i < 9; i++) {
            assertNotNull(cache.find(Key.of("k" + i)).row());
        }
        assertTrue(cache.sizeBytes() <= 10 * row("k1", 1).sizeBytes());
    }

    /** For any order of changes, loads, evictions and flushes, the cache returns only current rows. */
    @Test
    void randomWalksNeverFindOutdatedRows() {
        for (int seed = 0; seed < 300; seed++) {
            walk(new Random(seed), seed);
        }
    }

    private static void walk(Random random, int seed) {
        RowCache cache = new RowCache((1 + random.nextInt(30)) * row("k1", 1).sizeBytes());
        Map<Key, Row> current = new HashMap<>();
        Map<Key, Row> preloaded = null;
        long flushed = 0;
        if (random.nextBoolean()) {
            cache.becomeWhole();
        } else {
            // As after a restart: rows of before, which are loaded one after the other.
            for (int i = 0; i < 10; i++) {
                current.put(Key.of("k" + i), row("k" + i, 1));
            }
            preloaded = new HashMap<>(current);
        }
        for (long index = 1; index < 500; index++) {
            String name = "k" + random.nextInt(20);
            Key key = Key.of(name);
            Row row = random.nextInt(3) == 0 ? null : row(name, index);
            if (row == null) {
                current.remove(key);
            } else {
                current.put(key, row);
            }
            if (row == null) {
                cache.deleted(key, index, index);
            } else {
                cache.changed(key, row, index);
            }
            if (preloaded != null && random.nextInt(10) == 0) {
                preloaded.forEach((each, old) -> cache.loaded(each, old, 0));
                preloaded = null;
                if (cache.evictions() == 0) {
                    cache.becomeWhole();
                }
            }
            flushed = random.nextInt(4) == 0 ? index : flushed;
            cache.evict(flushed);
            for (int i = 0; i < 20; i++) {
                Key asked = Key.of("k" + i);
                RowCache.Slot slot = random.nextInt(4) == 0 ? cache.find(asked) : null;
                if (slot != null) {
                    assertEquals(current.get(asked), slot.row(), "seed " + seed + ", index " + index + ", " + asked);
                }
            }
        }
    }
}
