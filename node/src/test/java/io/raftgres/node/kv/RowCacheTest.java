package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What PostgreSQL may still lose never leaves memory, and a late answer from PostgreSQL never hides a newer row. */
class RowCacheTest {

    private static Row row(String key, long revision) {
        return new Row(Key.of(key), new byte[100], revision, revision, 1, 0);
    }

    @Test
    void keepsWhatIsNotFlushedBeyondItsBound() {
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
    void aLateAnswerIsIgnoredOnceTheKeyWasChangedAndLeft() {
        RowCache cache = new RowCache(0);
        long askedAt = 5;
        cache.changed(Key.of("k"), row("k", 6), 6);
        cache.evict(6);
        cache.evict(6);
        assertNull(cache.find(Key.of("k")));
        cache.loaded(Key.of("k"), row("k", 3), askedAt);
        assertNull(cache.find(Key.of("k")), "the answer may be from before the change");
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
}
