package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AuthCommand.Permission;
import io.raftgres.node.kv.KeyValueMachine.Decoded;
import io.raftgres.node.kv.ServiceException.Rejected;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import io.raftgres.raft.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every member refuses the same entries: those whose caller has no right at that entry. */
class EntryCheckTest {

    private static final long LEASE = 7;
    private static final Compare COMPARE =
            new Compare(Key.of("r"), Compare.Target.VERSION, Compare.Relation.EQUAL, 0, null);

    private final Member member = new Member();
    private long index;

    /** One member: its state machine and its PostgreSQL, which is always written at once. */
    private static final class Member {
        final MapStore store = new MapStore();
        Leases leases = new Leases();
        AuthStore auth = new AuthStore(AuthState.EMPTY);
        KeyValueMachine machine = new KeyValueMachine(MachineState.EMPTY, new RowCache(1 << 20), store, leases, auth);

        Object apply(Decoded entry) {
            Results results = new Results();
            AppliedBatch batch = machine.apply(List.of(entry), results);
            store.write(batch);
            return results.all.getFirst();
        }

        /** Its memory is lost: it knows what PostgreSQL has. */
        void restart() {
            Leases loaded = new Leases();
            loaded.load(leases.all());
            leases = loaded;
            auth = new AuthStore(auth.state());
            machine = new KeyValueMachine(machine.state(), new RowCache(1 << 20), store, leases, auth);
        }
    }

    private Decoded entry(Request request) {
        return Decoded.of(new Entry(++index, 1, Entry.Kind.COMMAND, RequestCodec.encode(request)));
    }

    private CallerId caller(String user) {
        return user.isEmpty()
                ? CallerId.NOBODY
                : new CallerId(user, member.auth.state().revision());
    }

    private static Reason reason(Object result) {
        return result instanceof RefusedRequestException refused
                ? ((Rejected) refused.asServiceException()).reason()
                : null;
    }

    private Reason reason(String user, Op... ops) {
        return reason(caller(user), new Request(null, List.of(), List.of(ops), List.of()));
    }

    private Reason reason(CallerId caller, Request request) {
        return reason(member.apply(entry(request.withCaller(caller))));
    }

    private void change(AuthCommand command) {
        assertNull(reason("root", new Op.Auth(command)));
    }

    private void grant(String role, String key, String end, Permission.Kind kind) {
        change(new AuthCommand.GrantPermission(role, new Permission(Key.of(key), Key.of(end), kind)));
    }

    private static Op put(String key) {
        return put(key, 0);
    }

    private static Op put(String key, long lease) {
        return new Op.Put(Key.of(key), new byte[] {1}, lease, false);
    }

    private static Op get(String key) {
        return new Op.Get(KeyRange.single(Key.of(key)), 0, false);
    }

    /** User u reads r, writes w, and has both on b. User v has both from v to w. */
    @BeforeEach
    void users() {
        for (String user : List.of("root", "u", "v", "none")) {
            change(new AuthCommand.AddUser(user, true, new byte[] {1}));
        }
        change(new AuthCommand.GrantRole("root", "root"));
        for (String role : List.of("u", "v")) {
            change(new AuthCommand.AddRole(role));
            change(new AuthCommand.GrantRole(role, role));
        }
        grant("u", "r", "", Permission.Kind.READ);
        grant("u", "w", "", Permission.Kind.WRITE);
        grant("u", "b", "c", Permission.Kind.READ_WRITE);
        grant("v", "v", "w", Permission.Kind.READ_WRITE);
        assertNull(reason("", put("off")), "while users are not checked, nobody may do everything");
        change(new AuthCommand.Enable());
    }

    @Test
    void keysNeedTheirPermission() {
        assertNull(reason("u", put("w")));
        assertNull(reason("u", put("b")));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", put("r")));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", put("x")));
        assertEquals(
                Reason.PERMISSION_DENIED,
                reason("u", new Op.Put(Key.of("w"), new byte[0], 0, true)),
                "the previous row is read");
        assertNull(reason("u", new Op.Put(Key.of("b"), new byte[0], 0, true)));
        assertNull(reason("u", new Op.Delete(KeyRange.single(Key.of("w")), false)));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", new Op.Delete(KeyRange.single(Key.of("w")), true)));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", new Op.Delete(KeyRange.EVERYTHING, false)));
        assertNull(reason("u", put("w"), get("r")));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", put("w"), get("w")));
        assertEquals(Reason.PERMISSION_DENIED, reason("none", put("w")));
        assertNull(reason("root", put("anything")));
        assertEquals(Reason.USER_EMPTY, reason("", put("w")));
        assertEquals(Reason.PERMISSION_DENIED, reason("stranger", put("w")));
    }

    @Test
    void bothBranchesNeedTheirPermissionWhicheverRuns() {
        CallerId u = caller("u");
        Request fits = new Request(null, List.of(COMPARE), List.of(put("w")), List.of(get("r")));
        assertNull(reason(u, fits));
        Compare other = new Compare(Key.of("w"), Compare.Target.VERSION, Compare.Relation.EQUAL, 0, null);
        assertEquals(
                Reason.PERMISSION_DENIED,
                reason(u, new Request(null, List.of(other), List.of(put("w")), List.of())),
                "a compare reads");
        assertEquals(
                Reason.PERMISSION_DENIED,
                reason(u, new Request(null, List.of(COMPARE), List.of(put("w")), List.of(get("w")))));
        Op deep =
                new Op.Txn(List.of(), List.of(put("w")), List.of(new Op.Txn(List.of(), List.of(), List.of(get("x")))));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", deep));
        Op deepCompare =
                new Op.Txn(List.of(), List.of(put("w")), List.of(new Op.Txn(List.of(other), List.of(), List.of())));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", deepCompare));
    }

    @Test
    void theRevisionOfTheProofCountsForKeysOnly() {
        CallerId old = caller("root");
        CallerId oldU = caller("u");
        change(new AuthCommand.AddRole("new"));
        assertEquals(Reason.AUTH_OLD_REVISION, reason(oldU, Request.of(null, put("w"))));
        assertEquals(Reason.AUTH_OLD_REVISION, reason(old, Request.of(null, put("w"))), "root's, too");
        assertNull(reason(old, Request.of(null, new Op.Auth(new AuthCommand.DeleteRole("new")))));
        assertNull(reason(new CallerId("u", Long.MAX_VALUE), Request.of(null, put("w"))), "a higher one is fine");
    }

    @Test
    void changesOfUsersNeedRoot() {
        for (AuthCommand command : List.of(
                new AuthCommand.AddUser("x", true, new byte[0]),
                new AuthCommand.ChangePassword("u", new byte[0]),
                new AuthCommand.Enable(),
                new AuthCommand.Disable())) {
            assertEquals(Reason.PERMISSION_DENIED, reason("u", new Op.Auth(command)));
            assertEquals(Reason.USER_EMPTY, reason("", new Op.Auth(command)));
            assertEquals(Reason.USER_NOT_FOUND, reason("stranger", new Op.Auth(command)));
        }
        change(new AuthCommand.Disable());
        assertNull(reason("", put("w")));
    }

    @Test
    void aLeaseNeedsWriteOnAllItsKeys() {
        assertEquals(Reason.USER_EMPTY, reason("", new Op.Grant(LEASE, 60)));
        assertNull(reason("u", new Op.Grant(LEASE, 60)));
        assertNull(reason("u", put("w", LEASE)));
        assertNull(reason("u", put("w", LEASE)));
        assertEquals(Reason.PERMISSION_DENIED, reason("v", put("v1", LEASE)), "v may not write w");
        assertNull(reason("root", put("v2", LEASE)));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", put("w", LEASE)), "root has attached another key");
        assertEquals(Reason.PERMISSION_DENIED, reason("u", new Op.Revoke(List.of(LEASE), 0)));
        assertNull(reason("root", new Op.Delete(KeyRange.single(Key.of("v2")), false)));
        assertNull(reason("u", put("w", LEASE)));
        assertEquals(Reason.LEASE_NOT_FOUND, reason("u", put("w", 99)));
        assertEquals(Reason.LEASE_NOT_FOUND, reason("u", new Op.Revoke(List.of(99L), 0)));
        assertEquals(Reason.USER_EMPTY, reason("", new Op.Revoke(List.of(LEASE), 0)));
        assertNull(reason("u", new Op.Revoke(List.of(LEASE), 0)));
        assertNull(reason("u", new Op.Grant(8, 60)));
        assertNull(reason("none", new Op.Revoke(List.of(8L), 0)), "a lease without keys is any user's");
    }

    @Test
    void whatWasAttachedWhileUsersWereNotCheckedCounts() {
        assertNull(reason("u", new Op.Grant(LEASE, 60)));
        assertNull(reason("u", put("w", LEASE)));
        change(new AuthCommand.Disable());
        assertNull(reason("", put("v", LEASE)));
        change(new AuthCommand.Enable());
        assertEquals(Reason.PERMISSION_DENIED, reason("u", put("w", LEASE)));
    }

    /** The same lease id again, after its end: what was known of the first one does not count. */
    @Test
    void aNewLeaseOfTheSameIdBeginsAgain() {
        assertNull(reason("u", new Op.Grant(LEASE, 60)));
        assertNull(reason("u", new Op.Revoke(List.of(LEASE), 0)));
        assertNull(reason("v", new Op.Grant(LEASE, 60)));
        assertNull(reason("v", put("v", LEASE)));
        assertEquals(Reason.LEASE_EXISTS, reason("u", new Op.Grant(LEASE, 60)));
        assertEquals(Reason.PERMISSION_DENIED, reason("u", put("w", LEASE)));
    }

    @Test
    void whatTheNodesDoByThemselvesNeedsNoUser() {
        assertNull(reason("root", new Op.Grant(LEASE, 60)));
        assertNull(reason("", new Op.Revoke(List.of(LEASE), 1)));
        assertFalse(member.leases.exists(LEASE), "the leader of term 1 has found it expired");
        assertNull(reason("", new Op.Compact(1)));
        assertNull(reason("", new Op.Raise(ClusterVersion.LATEST)));
    }

    @Test
    void aRetryIsCheckedBeforeItsResultIsShown() {
        byte[] token = new byte[Request.TOKEN_BYTES];
        assertNull(reason(caller("u"), Request.of(token, put("w"))));
        assertEquals(Reason.USER_EMPTY, reason(CallerId.NOBODY, Request.of(token, put("w"))));
        ApplyResult again =
                (ApplyResult) member.apply(entry(Request.of(token, put("w")).withCaller(caller("u"))));
        assertTrue(again.replayed());
    }

    /** An entry that turns out to need PostgreSQL waits for the next run, so that its rows are there. */
    @Test
    void aRunEndsBeforeALeaseWhoseKeysAreUnknown() {
        assertNull(reason("root", new Op.Grant(LEASE, 60)));
        Decoded first = entry(Request.of(null, put("w", LEASE)).withCaller(caller("root")));
        Decoded second = entry(Request.of(null, put("w", LEASE)).withCaller(caller("u")));
        assertFalse(member.machine.needsScan(first));
        Results results = new Results();
        AppliedBatch batch = member.machine.apply(List.of(first, second), results);
        assertEquals(first.entry().index(), batch.index());
        assertTrue(member.machine.needsScan(second));
        member.store.write(batch);
        assertNull(reason(member.apply(second)));
        Decoded third = entry(Request.of(null, put("w", LEASE)).withCaller(caller("u")));
        assertFalse(member.machine.needsScan(third), "now it is known who may write all keys of the lease");
    }

    /** Two members, one of which forgets everything now and then, decide the same about random entries. */
    @Test
    void membersAgreeWhateverTheyRemember() {
        Member other = new Member();
        Random random = new Random(11);
        List<Decoded> before = new ArrayList<>();
        Member first = new Member();
        index = 0;
        for (Request each : setUp()) {
            before.add(entry(each));
        }
        before.forEach(each -> assertEquals(reason(first.apply(each)), reason(other.apply(each))));
        int refused = 0;
        for (int i = 0; i < 6_000; i++) {
            if (random.nextInt(20) == 0) {
                other.restart();
            }
            String user = List.of("root", "u", "v", "none", "").get(random.nextInt(5));
            long revision = first.auth.state().revision() - random.nextInt(30) / 29;
            CallerId caller = user.isEmpty() ? CallerId.NOBODY : new CallerId(user, revision);
            Decoded next = entry(random(random).withCaller(caller));
            Object expected = first.apply(next);
            assertEquals(text(expected), text(other.apply(next)));
            assertEquals(first.machine.state(), other.machine.state());
            assertEquals(first.store.rows().keySet(), other.store.rows().keySet());
            refused += expected instanceof RefusedRequestException ? 1 : 0;
        }
        assertTrue(refused > 1_000 && refused < 5_000, refused + " refused");
    }

    private static Object text(Object result) {
        return result instanceof RefusedRequestException refused ? refused.getMessage() : Map.of();
    }

    private static List<Request> setUp() {
        List<AuthCommand> commands = new ArrayList<>();
        for (String user : List.of("root", "u", "v", "none")) {
            commands.add(new AuthCommand.AddUser(user, true, new byte[] {1}));
            commands.add(new AuthCommand.AddRole(user));
            commands.add(new AuthCommand.GrantRole(user, user));
        }
        commands.add(new AuthCommand.Enable());
        return commands.stream()
                .map(command -> Request.of(null, new Op.Auth(command)))
                .toList();
    }

    private static Request random(Random random) {
        String key = "" + (char) ('a' + random.nextInt(4));
        long lease = 1 + random.nextInt(3);
        return Request.of(
                null,
                switch (random.nextInt(9)) {
                    case 0, 1, 2 -> put(key, lease);
                    case 3 -> put(key);
                    case 4 -> new Op.Grant(lease, 60);
                    case 5 -> new Op.Revoke(List.of(lease), random.nextInt(4) == 0 ? 1 : 0);
                    case 6 -> new Op.Delete(KeyRange.single(Key.of(key)), random.nextBoolean());
                    case 7 ->
                        new Op.Auth(
                                random.nextBoolean()
                                        ? new AuthCommand.GrantPermission(
                                                random.nextBoolean() ? "u" : "v",
                                                new Permission(
                                                        Key.of(key),
                                                        random.nextBoolean() ? Key.of("\0") : Key.of(""),
                                                        Permission.Kind.values()[random.nextInt(3)]))
                                        : new AuthCommand.RevokePermission(
                                                random.nextBoolean() ? "u" : "v", Key.of(key), Key.of("\0")));
                    default ->
                        new Op.Auth(random.nextInt(4) == 0 ? new AuthCommand.Disable() : new AuthCommand.Enable());
                });
    }
}
