package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AuthCommand.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A user may do what its permissions together cover, and reading and writing do not help each other. */
class RightsTest {

    private static Permission permission(String key, String end, Permission.Kind kind) {
        return new Permission(Key.of(key), Key.of(end), kind);
    }

    private static KeyRange range(String from, String to) {
        return new KeyRange(Key.of(from), to == null ? null : Key.of(to));
    }

    @Test
    void rangesThatTouchAreOne() {
        Rights rights = new Rights(List.of(
                permission("c", "e", Permission.Kind.READ),
                permission("a", "c", Permission.Kind.READ_WRITE),
                permission("e", "", Permission.Kind.READ)));
        assertTrue(rights.mayRead(range("a", "e")));
        assertTrue(rights.mayRead(new KeyRange(Key.of("a"), Key.of("e").next())), "a range and the key after it");
        assertFalse(rights.mayRead(range("a", "e\0\0")));
        assertFalse(rights.mayRead(range("a", null)), "a range without end needs one without end");
        assertTrue(rights.mayWrite(range("a", "c")));
        assertFalse(rights.mayWrite(range("a", "d")));
        assertFalse(rights.mayWrite(KeyRange.single(Key.of("e"))));
    }

    @Test
    void anOpenRangeNeedsAnOpenPermission() {
        Rights open = new Rights(
                List.of(permission("m", "\0", Permission.Kind.WRITE), permission("a", "n", Permission.Kind.WRITE)));
        assertTrue(open.mayWrite(range("a", null)));
        assertTrue(open.mayWrite(range("z", "zz")));
        assertFalse(open.mayWrite(KeyRange.EVERYTHING), "below a is nothing");
        assertFalse(open.mayRead(range("m", "n")));
        Rights almost = new Rights(List.of(permission("\0", "\u07FF\u07FF", Permission.Kind.READ)));
        assertFalse(almost.mayRead(range("a", null)));
        Rights all = new Rights(List.of(permission("\0", "\0", Permission.Kind.READ)));
        assertTrue(all.mayRead(range("\0", null)));
        assertTrue(all.mayRead(KeyRange.EVERYTHING), "no key is empty");
    }

    @Test
    void aKeyIsNotItsPrefix() {
        Rights one = new Rights(List.of(permission("k", "", Permission.Kind.READ_WRITE)));
        assertTrue(one.mayRead(KeyRange.single(Key.of("k"))));
        assertFalse(one.mayRead(KeyRange.single(Key.of("k").next())));
        assertFalse(one.mayRead(KeyRange.single(Key.of("j"))));
        assertFalse(one.mayRead(KeyRange.prefix(Key.of("k"))));
        assertFalse(new Rights(List.of()).mayRead(KeyRange.single(Key.of("k"))));
    }

    /** A range of a log from before may end below its beginning; it covers nothing and harms no other. */
    @Test
    void anInvertedPermissionCoversNothing() {
        Rights rights = new Rights(
                List.of(permission("d", "b", Permission.Kind.READ), permission("c", "e", Permission.Kind.READ)));
        assertFalse(rights.mayRead(range("b", "d")));
        assertTrue(rights.mayRead(range("c", "e")));
    }

    /** Against a plain set of keys: the numbers 0 to 11 as keys of one byte, and the open end above them. */
    @Test
    void agreesWithASetOfKeys() {
        Random random = new Random(7);
        for (int run = 0; run < 20_000; run++) {
            List<Permission> permissions = new ArrayList<>();
            boolean[] covered = new boolean[13];
            for (int i = random.nextInt(5); i > 0; i--) {
                int from = random.nextInt(12);
                int to = from + 1 + random.nextInt(13 - from);
                permissions.add(new Permission(
                        key(from), to == 13 ? Key.of(new byte[] {0}) : key(to), Permission.Kind.READ_WRITE));
                IntStream.range(from, to).forEach(each -> covered[each] = true);
            }
            int from = random.nextInt(12);
            int to = from + 1 + random.nextInt(13 - from);
            boolean expected = IntStream.range(from, to).allMatch(each -> covered[each]);
            KeyRange range = new KeyRange(key(from), to == 13 ? null : key(to));
            Rights rights = new Rights(permissions);
            assertEquals(expected, rights.mayRead(range), () -> permissions + " and " + range);
            assertEquals(expected, rights.mayWrite(range));
        }
    }

    private static Key key(int number) {
        return Key.of(new byte[] {(byte) (10 + number)});
    }
}
