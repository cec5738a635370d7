package io.raftgres.node.kv;

import io.raftgres.node.kv.AuthCommand.Permission;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Users and roles: part of the replicated state. They are kept even while users are not checked. Immutable: each
 * command makes a new one.
 */
public final class AuthState {

    public static final AuthState EMPTY =
            new AuthState(1, false, Collections.emptySortedMap(), Collections.emptySortedMap());

    private static final String DENIED = "no role of the user covers all keys of the request";
    private static final String ROOT_STAYS = "while users are checked, user root keeps its role root";

    /** Memory of a user, a role or a grant besides its name. */
    private static final int ENTRY_BYTES = 64;

    /**
     * Name of the user that must exist while users are checked, and of its role, which may be granted without existing.
     */
    public static final String ROOT = "root";

    private final long revision;
    private final boolean enabled;
    private final SortedMap<String, User> users;
    private final SortedMap<String, Role> roles;
    /** The rights of the users who have made requests. */
    private final RightsCache rights = new RightsCache();

    AuthState(long revision, boolean enabled, SortedMap<String, User> users, SortedMap<String, Role> roles) {
        this.revision = revision;
        this.enabled = enabled;
        this.users = users;
        this.roles = roles;
    }

    /** @return 1 at first, increased by each command that changes something (as in etcd) */
    public long revision() {
        return revision;
    }

    /** @return whether users are checked; otherwise every caller may do everything */
    public boolean enabled() {
        return enabled;
    }

    public SortedMap<String, User> users() {
        return users;
    }

    public SortedMap<String, Role> roles() {
        return roles;
    }

    /** @param password hash; empty for none @param roles sorted */
    public record User(String name, boolean hasPassword, byte[] password, List<String> roles) {
        boolean isRoot() {
            return roles.contains(ROOT);
        }

        private User withRoles(List<String> others) {
            return new User(name, hasPassword, password, List.copyOf(others));
        }
    }

    /** @param permissions by key */
    public record Role(String name, List<Permission> permissions) {}

    /** @param records to store for it */
    record Changed(AuthState state, List<AuthRecord> records) {}

    /** Builds the state from the store's records. */
    public static AuthState of(Collection<AuthRecord> records) {
        long revision = EMPTY.revision;
        boolean enabled = false;
        TreeMap<String, User> users = new TreeMap<>();
        TreeMap<String, Role> roles = new TreeMap<>();
        for (AuthRecord record : records) {
            switch (record.kind()) {
                case REVISION -> revision = AuthCodec.revision(record);
                case USER -> users.put(record.name(), AuthCodec.user(record));
                case ROLE -> roles.put(record.name(), AuthCodec.role(record));
                case ENABLED -> enabled = true;
            }
        }
        return new AuthState(revision, enabled, users, roles);
    }

    /** @return approximate size in memory */
    long sizeBytes() {
        long bytes = 0;
        for (User user : users.values()) {
            bytes += ENTRY_BYTES + user.name().length() + user.password().length;
            for (String role : user.roles()) {
                bytes += ENTRY_BYTES + role.length();
            }
        }
        for (Role role : roles.values()) {
            bytes += ENTRY_BYTES + role.name().length();
            for (Permission permission : role.permissions()) {
                bytes += ENTRY_BYTES
                        + permission.key().length()
                        + permission.rangeEnd().length();
            }
        }
        return bytes;
    }

    /** @throws RefusedRequestException nothing is changed */
    Changed apply(AuthCommand command) {
        return switch (command) {
            case AuthCommand.AddUser add -> {
                refuseIf(users.containsKey(add.name()), Reason.USER_EXISTS, add.name());
                requireRoom();
                yield set(new User(add.name(), add.hasPassword(), add.password(), List.of()));
            }
            case AuthCommand.DeleteUser delete -> {
                refuseIf(enabled && delete.name().equals(ROOT), Reason.INVALID_AUTH_MANAGEMENT, ROOT_STAYS);
                user(delete.name());
                yield changed(List.of(AuthRecord.gone(AuthRecord.Kind.USER, delete.name())));
            }
            case AuthCommand.ChangePassword change -> {
                User user = user(change.name());
                yield set(new User(
                        user.name(),
                        user.hasPassword(),
                        user.hasPassword() ? change.password() : user.password(),
                        user.roles()));
            }
            case AuthCommand.GrantRole grant -> grant(grant);
            case AuthCommand.RevokeRole revoke -> {
                boolean ofRoot = revoke.user().equals(ROOT) && revoke.role().equals(ROOT);
                refuseIf(enabled && ofRoot, Reason.INVALID_AUTH_MANAGEMENT, ROOT_STAYS);
                User user = user(revoke.user());
                refuseIf(!user.roles().contains(revoke.role()), Reason.ROLE_NOT_GRANTED, revoke.role());
                yield set(without(user, revoke.role()));
            }
            case AuthCommand.AddRole add -> {
                refuseIf(roles.containsKey(add.name()), Reason.ROLE_EXISTS, add.name());
                requireRoom();
                yield set(new Role(add.name(), List.of()));
            }
            case AuthCommand.DeleteRole delete -> {
                refuseIf(enabled && delete.name().equals(ROOT), Reason.INVALID_AUTH_MANAGEMENT, ROOT_STAYS);
                role(delete.name());
                List<AuthRecord> records = new ArrayList<>();
                records.add(AuthRecord.gone(AuthRecord.Kind.ROLE, delete.name()));
                users.values().stream()
                        .filter(user -> user.roles().contains(delete.name()))
                        .forEach(user -> records.add(AuthCodec.record(without(user, delete.name()))));
                yield changed(records);
            }
            case AuthCommand.GrantPermission grant -> {
                Role role = role(grant.role());
                Permission granted = grant.permission();
                List<Permission> permissions = new ArrayList<>(role.permissions());
                permissions.removeIf(each -> each.isOn(granted.key(), granted.rangeEnd()));
                permissions.add(granted);
                permissions.sort(Comparator.comparing(Permission::key).thenComparing(Permission::rangeEnd));
                yield set(new Role(role.name(), List.copyOf(permissions)));
            }
            case AuthCommand.RevokePermission revoke -> {
                Role role = role(revoke.role());
                List<Permission> left = role.permissions().stream()
                        .filter(each -> !each.isOn(revoke.key(), revoke.rangeEnd()))
                        .toList();
                refuseIf(left.size() == role.permissions().size(), Reason.PERMISSION_NOT_GRANTED, revoke.role());
                yield set(new Role(role.name(), left));
            }
            case AuthCommand.Enable enable -> enable();
            case AuthCommand.Disable disable ->
                enabled ? changed(List.of(AuthRecord.gone(AuthRecord.Kind.ENABLED, ""))) : new Changed(this, List.of());
            case AuthCommand.Token token -> {
                requireAuthenticated(token);
                yield new Changed(this, List.of());
            }
        };
    }

    /** As in etcd, this changes no user, so the revision stays. */
    private Changed enable() {
        if (enabled) {
            return new Changed(this, List.of());
        }
        User root = users.get(ROOT);
        refuseIf(root == null, Reason.ROOT_USER_MISSING, "add a user root with a password, and grant it the role root");
        refuseIf(!root.isRoot(), Reason.ROOT_ROLE_MISSING, "grant the role root to the user root");
        return new Changed(new AuthState(revision, true, users, roles), List.of(AuthRecord.enabled()));
    }

    private void requireAuthenticated(AuthCommand.Token token) {
        refuseIf(!enabled, Reason.AUTH_NOT_ENABLED, "there are no tokens");
        User user = users.get(token.user());
        refuseIf(user == null || !user.hasPassword(), Reason.AUTHENTICATION_FAILED, token.user());
        refuseIf(token.authRevision() != revision, Reason.AUTH_OLD_REVISION, "check the password again");
    }

    /** @throws RefusedRequestException users are checked, and the caller is none */
    public void requireUser(CallerId caller) {
        refuseIf(enabled && caller.isNobody(), Reason.USER_EMPTY, "the request needs a user");
    }

    /**
     * As in etcd, the caller's revision does not matter: only tokens that others sign can be behind.
     *
     * @throws RefusedRequestException users are checked, and the caller does not have the role root
     */
    public void requireRoot(CallerId caller) {
        if (!enabled) {
            return;
        }
        requireUser(caller);
        refuseIf(!user(caller.user()).isRoot(), Reason.PERMISSION_DENIED, "the request needs the role root");
    }

    /** @return whether the caller may do everything, because it has the role root or users are not checked */
    public boolean isRoot(CallerId caller) {
        if (!enabled) {
            return true;
        }
        User user = users.get(caller.user());
        return user != null && user.isRoot();
    }

    /** @throws RefusedRequestException users are checked, and the caller may not read the whole range */
    public void requireRead(CallerId caller, KeyRange range) {
        if (enabled && !isRootNow(caller)) {
            refuseIf(!rights(caller.user()).mayRead(range), Reason.PERMISSION_DENIED, DENIED);
        }
    }

    /** @throws RefusedRequestException users are checked, and the caller may not write the whole range */
    public void requireWrite(CallerId caller, KeyRange range) {
        if (enabled && !isRootNow(caller)) {
            refuseIf(!rights(caller.user()).mayWrite(range), Reason.PERMISSION_DENIED, DENIED);
        }
    }

    /** @throws RefusedRequestException the caller is nobody, unknown, or has proved its identity too long ago */
    private boolean isRootNow(CallerId caller) {
        refuseIf(caller.authRevision() == 0, Reason.USER_EMPTY, "the request needs a user");
        refuseIf(caller.authRevision() < revision, Reason.AUTH_OLD_REVISION, "users have changed since");
        User user = users.get(caller.user());
        refuseIf(user == null, Reason.PERMISSION_DENIED, DENIED);
        return user.isRoot();
    }

    private Rights rights(String user) {
        return rights.of(
                user,
                () -> new Rights(users.get(user).roles().stream()
                        .map(roles::get)
                        .filter(Objects::nonNull)
                        .flatMap(role -> role.permissions().stream())
                        .toList()));
    }

    private Changed grant(AuthCommand.GrantRole grant) {
        User user = user(grant.user());
        if (!grant.role().equals(ROOT)) {
            role(grant.role());
        }
        if (user.roles().contains(grant.role())) {
            return new Changed(this, List.of());
        }
        List<String> granted = new ArrayList<>(user.roles());
        granted.add(grant.role());
        Collections.sort(granted);
        return set(user.withRoles(granted));
    }

    private void requireRoom() {
        refuseIf(
                users.size() + roles.size() >= Limits.MAX_USERS_AND_ROLES,
                null,
                "there are " + Limits.MAX_USERS_AND_ROLES + " users and roles, which is the limit: delete some");
    }

    private static User without(User user, String role) {
        return user.withRoles(
                user.roles().stream().filter(each -> !each.equals(role)).toList());
    }

    private User user(String name) {
        refuseIf(!users.containsKey(name), Reason.USER_NOT_FOUND, name);
        return users.get(name);
    }

    private Role role(String name) {
        refuseIf(!roles.containsKey(name), Reason.ROLE_NOT_FOUND, name);
        return roles.get(name);
    }

    private static void refuseIf(boolean wrong, Reason reason, String detail) {
        if (wrong) {
            String what =
                    reason == null ? "" : reason.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": ";
            throw new RefusedRequestException(reason, what + detail);
        }
    }

    private Changed set(User user) {
        return changed(List.of(AuthCodec.record(user)));
    }

    private Changed set(Role role) {
        return changed(List.of(AuthCodec.record(role)));
    }

    private Changed changed(List<AuthRecord> records) {
        List<AuthRecord> all = new ArrayList<>(records);
        all.add(AuthCodec.record(revision + 1));
        TreeMap<String, User> nextUsers = new TreeMap<>(users);
        TreeMap<String, Role> nextRoles = new TreeMap<>(roles);
        boolean nextEnabled = enabled;
        for (AuthRecord record : records) {
            switch (record.kind()) {
                case USER -> put(nextUsers, record, record.data() == null ? null : AuthCodec.user(record));
                case ROLE -> put(nextRoles, record, record.data() == null ? null : AuthCodec.role(record));
                case ENABLED -> nextEnabled = record.data() != null;
                case REVISION -> throw new IllegalStateException("added above");
            }
        }
        return new Changed(
                new AuthState(
                        revision + 1,
                        nextEnabled,
                        Collections.unmodifiableSortedMap(nextUsers),
                        Collections.unmodifiableSortedMap(nextRoles)),
                all);
    }

    private static <T> void put(TreeMap<String, T> map, AuthRecord record, T value) {
        if (value == null) {
            map.remove(record.name());
        } else {
            map.put(record.name(), value);
        }
    }
}
