package io.raftgres.node.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AuthCommand.Permission;
import io.raftgres.node.kv.ServiceException.Rejected;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Users and roles follow etcd's rules, and their stored form restores the same state. */
class AuthStateTest {

    private final Map<List<Object>, AuthRecord> stored = new LinkedHashMap<>();
    private AuthState state = AuthState.EMPTY;

    private void apply(AuthCommand command) {
        AuthState.Changed changed = state.apply(command);
        state = changed.state();
        changed.records().forEach(record -> stored.put(List.of(record.kind(), record.name()), record));
    }

    private Reason refusal(AuthCommand command) {
        AuthState before = state;
        RefusedRequestException why = assertThrows(RefusedRequestException.class, () -> apply(command));
        assertSame(before, state);
        return ((Rejected) why.asServiceException()).reason();
    }

    private static AuthCommand.AddUser user(String name) {
        return new AuthCommand.AddUser(name, true, new byte[] {1});
    }

    private static Permission permission(String key, String end, Permission.Kind kind) {
        return new Permission(Key.of(key), Key.of(end), kind);
    }

    @Test
    void usersAndRolesAreEtcds() {
        apply(user("u"));
        assertEquals(Reason.USER_EXISTS, refusal(user("u")));
        assertEquals(Reason.ROLE_NOT_FOUND, refusal(new AuthCommand.GrantRole("u", "r")));
        apply(new AuthCommand.AddRole("r"));
        assertEquals(Reason.ROLE_EXISTS, refusal(new AuthCommand.AddRole("r")));
        apply(new AuthCommand.GrantRole("u", "r"));
        apply(new AuthCommand.GrantRole("u", AuthState.ROOT));
        long revision = state.revision();
        apply(new AuthCommand.GrantRole("u", "r"));
        assertEquals(revision, state.revision(), "what is granted already changes nothing");
        assertEquals(List.of("r", "root"), state.users().get("u").roles());
        apply(new AuthCommand.GrantPermission("r", permission("b", "", Permission.Kind.READ)));
        apply(new AuthCommand.GrantPermission("r", permission("a", "c", Permission.Kind.READ)));
        apply(new AuthCommand.GrantPermission("r", permission("b", "", Permission.Kind.READ_WRITE)));
        assertEquals(
                List.of(permission("a", "c", Permission.Kind.READ), permission("b", "", Permission.Kind.READ_WRITE)),
                state.roles().get("r").permissions());
        assertEquals(
                Reason.PERMISSION_NOT_GRANTED,
                refusal(new AuthCommand.RevokePermission("r", Key.of("b"), Key.of("c"))));
        same();
        apply(new AuthCommand.RevokePermission("r", Key.of("b"), Key.of("")));
        apply(new AuthCommand.DeleteRole("r"));
        assertEquals(List.of("root"), state.users().get("u").roles(), "a role that is gone is nobody's");
        assertEquals(Reason.ROLE_NOT_GRANTED, refusal(new AuthCommand.RevokeRole("u", "r")));
        same();
        apply(new AuthCommand.DeleteUser("u"));
        assertEquals(Reason.USER_NOT_FOUND, refusal(new AuthCommand.DeleteUser("u")));
        assertEquals(11, state.revision(), "one more for each change");
        same();
    }

    @Test
    void enablingFollowsEtcd() {
        assertEquals(Reason.ROOT_USER_MISSING, refusal(new AuthCommand.Enable()));
        apply(user("root"));
        assertEquals(Reason.ROOT_ROLE_MISSING, refusal(new AuthCommand.Enable()));
        apply(new AuthCommand.GrantRole("root", "root"));
        apply(new AuthCommand.AddRole("root"));
        long revision = state.revision();
        apply(new AuthCommand.Enable());
        assertTrue(state.enabled());
        assertEquals(revision, state.revision());
        same();
        AuthState before = state;
        apply(new AuthCommand.Enable());
        assertSame(before, state);
        assertEquals(Reason.INVALID_AUTH_MANAGEMENT, refusal(new AuthCommand.DeleteUser("root")));
        assertEquals(Reason.INVALID_AUTH_MANAGEMENT, refusal(new AuthCommand.DeleteRole("root")));
        assertEquals(Reason.INVALID_AUTH_MANAGEMENT, refusal(new AuthCommand.RevokeRole("root", "root")));
        apply(new AuthCommand.ChangePassword("root", new byte[] {2}));
        assertTrue(state.enabled(), "another change leaves it on");
        apply(new AuthCommand.Disable());
        assertFalse(state.enabled());
        assertEquals(revision + 2, state.revision());
        same();
        before = state;
        apply(new AuthCommand.Disable());
        assertSame(before, state);
        apply(new AuthCommand.DeleteUser("root"));
    }

    @Test
    void aTokenNeedsAUserWithAPasswordAtTheSameRevision() {
        apply(user("root"));
        apply(new AuthCommand.GrantRole("root", "root"));
        apply(new AuthCommand.AddUser("bare", false, new byte[0]));
        assertEquals(Reason.AUTH_NOT_ENABLED, refusal(token("root")));
        apply(new AuthCommand.Enable());
        AuthState before = state;
        apply(token("root"));
        assertSame(before, state, "the state keeps no tokens");
        assertEquals(Reason.AUTHENTICATION_FAILED, refusal(token("bare")));
        assertEquals(Reason.AUTHENTICATION_FAILED, refusal(token("stranger")));
        AuthCommand.Token old = token("root");
        apply(new AuthCommand.ChangePassword("root", new byte[] {2}));
        assertEquals(Reason.AUTH_OLD_REVISION, refusal(old));
    }

    private AuthCommand.Token token(String user) {
        return new AuthCommand.Token(user, new byte[AuthCommand.Token.DIGEST_BYTES], state.revision());
    }

    private void same() {
        List<AuthRecord> there =
                stored.values().stream().filter(record -> record.data() != null).toList();
        AuthState again = AuthState.of(there);
        assertEquals(state.revision(), again.revision());
        assertEquals(state.enabled(), again.enabled());
        assertEquals(state.users().keySet(), again.users().keySet());
        state.users()
                .forEach((name, user) ->
                        assertEquals(user.roles(), again.users().get(name).roles()));
        assertEquals(state.roles(), again.roles());
    }

    @Test
    void commandsSurviveEncoding() {
        List<AuthCommand> all = List.of(
                user("u"),
                new AuthCommand.DeleteUser("u"),
                new AuthCommand.ChangePassword("u", new byte[] {2}),
                new AuthCommand.GrantRole("u", "r"),
                new AuthCommand.RevokeRole("u", "r"),
                new AuthCommand.AddRole("r"),
                new AuthCommand.DeleteRole("r"),
                new AuthCommand.GrantPermission("r", permission("a", "b", Permission.Kind.WRITE)),
                new AuthCommand.RevokePermission("r", Key.of("a"), Key.of("b")),
                new AuthCommand.Enable(),
                new AuthCommand.Disable(),
                token("u"));
        for (AuthCommand command : all) {
            byte[] data = RequestCodec.encode(Request.of(null, new Op.Auth(command)));
            Op.Auth back =
                    (Op.Auth) RequestCodec.decode(data).request().success().getFirst();
            assertEquals(command.getClass(), back.command().getClass());
            assertEquals(data.length, RequestCodec.encode(Request.of(null, back)).length);
        }
    }
}
