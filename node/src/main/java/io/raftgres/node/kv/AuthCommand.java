package io.raftgres.node.kv;

/** A change of users, roles and permissions. Names are not empty. */
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

    /** A permission of a role on a range, in etcd's notation. @param rangeEnd empty for one key */
    record Permission(Key key, Key rangeEnd, Kind kind) {
        /** The order is part of the format. */
        public enum Kind {
            READ,
            WRITE,
            READ_WRITE
        }

        boolean isOn(Key otherKey, Key otherEnd) {
            return key.equals(otherKey) && rangeEnd.equals(otherEnd);
        }
    }
}
