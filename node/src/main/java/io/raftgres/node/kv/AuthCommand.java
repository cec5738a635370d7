package io.raftgres.node.kv;

/** A change of users, roles and permissions, of the check of them, or a new token. Names are not empty. */
public sealed interface AuthCommand {

    /** @param password its hash; empty for a user without password */
    record AddUser(String name, boolean hasPassword, byte[] password) implements AuthCommand {}

    record DeleteUser(String name) implements AuthCommand {}

    /** @param password the hash */
    record ChangePassword(String name, byte[] password) implements AuthCommand {}

    record GrantRole(String user, String role) implements AuthCommand {}

    record RevokeRole(String user, String role) implements AuthCommand {}

    record AddRole(String name) implements AuthCommand {}

    record DeleteRole(String name) implements AuthCommand {}

    record GrantPermission(String role, Permission permission) implements AuthCommand {}

    record RevokePermission(String role, Key key, Key rangeEnd) implements AuthCommand {}

    /** From now on, users are checked. Only in a cluster of version {@link ClusterVersion#USERS_CHECKED}. */
    record Enable() implements AuthCommand {}

    /** Users are no longer checked, and all tokens are void. */
    record Disable() implements AuthCommand {}

    /**
     * A user has shown its password, and gets a token. The state does not keep it: each member that applies this entry
     * accepts the token until it is unused for some time.
     *
     * @param digest SHA-256 of the token's secret part
     * @param authRevision revision of the users when the password was checked; at another one the entry is refused
     */
    record Token(String user, byte[] digest, long authRevision) implements AuthCommand {
        /** Size of {@link #digest}. */
        public static final int DIGEST_BYTES = 32;
    }

    /** A permission of a role on a range, in etcd's notation. @param rangeEnd empty for one key */
    record Permission(Key key, Key rangeEnd, Kind kind) {
        /** The order is part of the format. */
        public enum Kind {
            READ,
            WRITE,
            READ_WRITE
        }

        private static final Key OPEN_END = Key.of(new byte[] {0});

        KeyRange range() {
            if (rangeEnd.length() == 0) {
                return KeyRange.single(key);
            }
            return new KeyRange(key, rangeEnd.equals(OPEN_END) ? null : rangeEnd);
        }

        boolean isOn(Key otherKey, Key otherEnd) {
            return key.equals(otherKey) && rangeEnd.equals(otherEnd);
        }
    }
}
