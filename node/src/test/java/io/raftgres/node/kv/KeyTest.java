package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Hash codes spread keys of every usual shape. Equal keys are equal, however they were made. */
class KeyTest {

    private static final int KEYS = 100_000;

    /** Keys of etcd's benchmark: a counter with seven bits in each byte, and zeros. */
    private static byte[] varint(int number) {
        byte[] bytes = new byte[8];
        int rest = number << 1;
        int at = 0;
        for (; rest >= 0x80; rest >>>= 7) {
            bytes[at++] = (byte) (rest | 0x80);
        }
        bytes[at] = (byte) rest;
        return bytes;
    }

    @Test
    void countersOfAllKindsAreSpread() {
        assertSpread(KeyTest::varint);
        assertSpread(i -> ByteBuffer.allocate(8).putLong(i).array());
        assertSpread(i -> ByteBuffer.allocate(4).putInt(i).array());
        assertSpread(i -> ("/registry/pods/default/web-" + i).getBytes());
        assertSpread(i -> (i + "/status").getBytes());
        assertSpread(i -> new byte[i]);
    }

    /** A hash table has as many slots as that, or twice; random numbers would fill 63 % of them. */
    private static void assertSpread(IntFunction<byte[]> key) {
        int keys = key.apply(1).length == 1 ? 1 << 12 : 1 << 16;
        Set<Integer> hashes = new HashSet<>();
        Set<Integer> slots = new HashSet<>();
        for (int i = 0; i < keys; i++) {
            int hash = Key.of(key.apply(i)).hashCode();
            hashes.add(hash);
            slots.add((hash ^ hash >>> 16) & keys - 1);
        }
        assertTrue(hashes.size() > 0.99 * keys, "only " + hashes.size() + " hashes of " + keys + " keys");
        assertTrue(slots.size() > 0.55 * keys, "only " + slots.size() + " slots for " + keys + " keys");
    }

    @Test
    void equalBytesAreEqualKeys() {
        Random random = new Random(1);
        for (int i = 0; i < KEYS; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            Key key = Key.of(bytes);
            assertEquals(key, Key.of(bytes.clone()));
            assertEquals(key.hashCode(), Key.of(bytes.clone()).hashCode());
        }
    }
}
