package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AuthCommand.Permission;
import io.raftgres.node.kv.ServiceException.Invalid;
import io.raftgres.node.kv.ServiceException.Rejected;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Values on both sides of each limit. */
class AcceptanceTest {

    private static final int KEY = 100;
    private static final int VALUE = 1_000;
    private static final Key A = Key.of("a");

    private AuthState auth = AuthState.EMPTY;
    private final Acceptance acceptance = new Acceptance(KEY, VALUE, () -> auth);

    private static Key key(int bytes) {
        byte[] key = new byte[bytes];
        Arrays.fill(key, (byte) 0xFF);
        return Key.of(key);
    }

    private static Op put(Key key, int bytes) {
        return new Op.Put(key, new byte[bytes], -1, true);
    }

    private void taken(Op op) {
        acceptance.check(Request.of(null, op));
        if (!(op instanceof Op.Alone)) {
            acceptance.check(txn(op));
            acceptance.check(Request.of(null, new Op.Txn(List.of(), List.of(), List.of(op))));
        }
    }

    private static Request txn(Op... ops) {
        return new Request(null, List.of(), List.of(), List.of(ops));
    }

    private String refused(Op op) {
        if (!(op instanceof Op.Alone)) {
            assertThrows(Invalid.class, () -> acceptance.check(txn(op)));
            assertThrows(
                    Invalid.class,
                    () -> acceptance.check(Request.of(null, new Op.Txn(List.of(), List.of(), List.of(op)))));
        }
        return assertThrows(Invalid.class, () -> acceptance.check(Request.of(null, op)))
                .getMessage();
    }

    @Test
    void rangesInTransactions() {
        Op get = new Op.Get(KeyRange.EVERYTHING, Selection.ALL);
        Op point = new Op.Get(KeyRange.single(A), Selection.ALL);
        Op[] most = Collections.nCopies(Limits.MAX_TXN_RANGES, get).toArray(Op[]::new);
        acceptance.check(txn(most));
        acceptance.check(new Request(null, List.of(), List.of(point, point), List.of(most)));
        assertThrows(Invalid.class, () -> acceptance.check(new Request(null, List.of(), List.of(get), List.of(most))));
        assertThrows(Invalid.class, () -> acceptance.check(txn(new Op.Txn(List.of(), List.of(most), List.of(get)))));
    }

    @Test
    void keysAndValues() {
        taken(put(key(1), 0));
        taken(put(key(KEY), VALUE));
        assertEquals("the key has 101 bytes, but the limit is 100", refused(put(key(KEY + 1), 0)));
        assertEquals("key is not provided", refused(put(key(0), 0)));
        assertEquals("the value has 1001 bytes, but the limit is 1000", refused(put(A, VALUE + 1)));
        taken(new Op.Delete(KeyRange.EVERYTHING, true));
        taken(new Op.Delete(new KeyRange(A, Key.FIRST), true));
        taken(new Op.Delete(KeyRange.single(key(KEY + 1)), true));
        refused(new Op.Delete(KeyRange.single(key(KEY + 2)), true));
        refused(new Op.Get(new KeyRange(A, key(KEY + 3)), Selection.ALL));
        for (long number : new long[] {Long.MIN_VALUE, -1, 0, 1, 1L << 31, Long.MAX_VALUE}) {
            taken(new Op.Get(KeyRange.single(A), Selection.of(number, number, false)));
            taken(new Op.Compact(number));
        }
        refused(new Op.Put(A, new byte[1], 0, false, true, false));
        refused(new Op.Put(A, new byte[0], 1, false, false, true));
        assertThrows(Invalid.class, () -> acceptance.check(Request.of(new byte[15], put(A, 0))));
        acceptance.check(Request.of(new byte[16], put(A, 0)));
        Acceptance.checkSize(Limits.MAX_REQUEST_BYTES);
        assertThrows(Invalid.class, () -> Acceptance.checkSize(Limits.MAX_REQUEST_BYTES + 1));
    }

    @Test
    void operationsAndDepth() {
        acceptance.check(txn(Collections.nCopies(Limits.MAX_TXN_OPS, put(A, 1)).toArray(Op[]::new)));
        assertEquals(
                "too many operations in txn request",
                assertThrows(
                                Invalid.class,
                                () -> acceptance.check(txn(Collections.nCopies(Limits.MAX_TXN_OPS + 1, put(A, 1))
                                        .toArray(Op[]::new))))
                        .getMessage());
        Op deep = new Op.Txn(List.of(), List.of(), List.of());
        for (int depth = 1; depth < Limits.MAX_TXN_DEPTH; depth++) {
            deep = new Op.Txn(List.of(), List.of(deep), List.of());
        }
        Op deepest = deep;
        acceptance.check(txn(deepest));
        assertEquals(
                txn(deepest),
                RequestCodec.decode(RequestCodec.encode(txn(deepest))).request());
        assertThrows(Invalid.class, () -> acceptance.check(txn(new Op.Txn(List.of(), List.of(deepest), List.of()))));
        Op wide = new Op.Txn(List.of(), Collections.nCopies(Limits.MAX_TXN_OPS, put(A, 1)), List.of());
        int fit = Limits.MAX_TXN_ALL_OPS / (Limits.MAX_TXN_OPS + 1);
        acceptance.check(txn(Collections.nCopies(fit, wide).toArray(Op[]::new)));
        assertThrows(
                Invalid.class,
                () -> acceptance.check(txn(Collections.nCopies(fit + 1, wide).toArray(Op[]::new))));
        Compare longest = new Compare(A, Compare.Target.VALUE, Compare.Relation.EQUAL, 0, new byte[VALUE]);
        acceptance.check(new Request(null, List.of(longest), List.of(), List.of()));
        Compare longer = new Compare(A, Compare.Target.VALUE, Compare.Relation.EQUAL, 0, new byte[VALUE + 1]);
        assertThrows(Invalid.class, () -> acceptance.check(new Request(null, List.of(longer), List.of(), List.of())));
        Op alone = new Op.Compact(1);
        assertThrows(Invalid.class, () -> acceptance.check(txn(put(A, 1), alone)));
        assertThrows(
                Invalid.class,
                () -> acceptance.check(Request.of(null, new Op.Txn(List.of(), List.of(alone), List.of()))));
    }

    @Test
    void leases() {
        taken(new Op.Grant(-1, 1));
        taken(new Op.Grant(Long.MAX_VALUE, Limits.MAX_TTL_SECONDS));
        refused(new Op.Grant(0, 1));
        refused(new Op.Grant(1, 0));
        refused(new Op.Grant(1, Long.MIN_VALUE));
        assertThrows(
                Rejected.class, () -> acceptance.check(Request.of(null, new Op.Grant(1, Limits.MAX_TTL_SECONDS + 1))));
        taken(new Op.Revoke(Collections.nCopies(Limits.MAX_REVOKED_LEASES, 1L), 0));
        refused(new Op.Revoke(Collections.nCopies(Limits.MAX_REVOKED_LEASES + 1, 1L), 0));
        refused(new Op.Revoke(List.of(), 0));
    }

    private void apply(AuthCommand command) {
        taken(new Op.Auth(command));
        auth = auth.apply(command).state();
    }

    private String refused(AuthCommand command) {
        return refused(new Op.Auth(command));
    }

    @Test
    void usersAndRoles() {
        String longest = "\u00fc".repeat(Limits.MAX_NAME_BYTES / 2);
        apply(new AuthCommand.AddUser(longest, true, new byte[Limits.MAX_PASSWORD_BYTES + 1]));
        apply(new AuthCommand.AddRole(longest));
        assertEquals(
                "the user name has 1025 bytes, but the limit is 1024",
                refused(new AuthCommand.AddUser(longest + "a", false, new byte[0])));
        assertEquals("role name is empty", refused(new AuthCommand.AddRole("")));
        refused(new AuthCommand.AddRole(longest + "a"));
        refused(new AuthCommand.AddUser("u", true, new byte[2 * Limits.MAX_PASSWORD_BYTES]));
        refused(new AuthCommand.ChangePassword("u", new byte[2 * Limits.MAX_PASSWORD_BYTES]));
        taken(new Op.Auth(new AuthCommand.DeleteRole("of an older release".repeat(1_000))));
        apply(new AuthCommand.AddUser("u", false, new byte[0]));
        for (int i = 0; i < Limits.MAX_ROLES_OF_USER; i++) {
            apply(new AuthCommand.AddRole("r" + i));
            apply(new AuthCommand.GrantRole("u", "r" + i));
        }
        refused(new AuthCommand.GrantRole("u", longest));
        taken(new Op.Auth(new AuthCommand.GrantRole(longest, longest)));
    }

    private static AuthCommand grant(Key key, Key end) {
        return new AuthCommand.GrantPermission("r", new Permission(key, end, Permission.Kind.READ));
    }

    @Test
    void permissions() {
        apply(new AuthCommand.AddRole("r"));
        refused(grant(key(0), Key.FIRST));
        refused(grant(key(KEY + 1), Key.FIRST));
        refused(grant(A, key(KEY + 3)));
        apply(grant(key(KEY), key(KEY + 1)));
        for (int i = 1; i < Limits.MAX_PERMISSIONS_OF_ROLE; i++) {
            apply(grant(Key.of("k" + i), Key.FIRST));
        }
        refused(grant(A, Key.FIRST));
        apply(grant(Key.of("k1"), Key.FIRST));
        Key large = key(1 << 20);
        List<Permission> many = Collections.nCopies(32, new Permission(large, large, Permission.Kind.WRITE));
        auth = new AuthState(1, false, auth.users(), new TreeMap<>(Map.of("large", new AuthState.Role("large", many))));
        assertTrue(auth.sizeBytes() > Limits.MAX_AUTH_BYTES);
        for (AuthCommand more : List.of(
                new AuthCommand.AddRole("s"),
                new AuthCommand.AddUser("u", false, new byte[0]),
                new AuthCommand.GrantRole("u", "s"),
                grant(A, A),
                new AuthCommand.ChangePassword("u", new byte[0]))) {
            assertTrue(refused(more).endsWith("delete some users or roles"), more::toString);
        }
        apply(new AuthCommand.DeleteRole("large"));
        apply(new AuthCommand.AddRole("s"));
    }

    @Test
    void optionsAreBounded() {
        new Acceptance(Limits.MAX_KEY_BYTES, Limits.MAX_VALUE_BYTES, () -> auth);
        assertThrows(IllegalArgumentException.class, () -> new Acceptance(0, 0, () -> auth));
        assertThrows(IllegalArgumentException.class, () -> new Acceptance(Limits.MAX_KEY_BYTES + 1, 0, () -> auth));
        assertThrows(IllegalArgumentException.class, () -> new Acceptance(1, Limits.MAX_VALUE_BYTES + 1, () -> auth));
    }
}
