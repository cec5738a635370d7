package io.raftgres.node.kv;

/**
 * A user, a role, the revision of all of them, or that users are checked, in the store's form.
 *
 * @param data null: it was deleted
 */
public record AuthRecord(Kind kind, String name, byte[] data) {

    /** The order is part of the format. */
    public enum Kind {
        REVISION,
        USER,
        ROLE,
        ENABLED
    }

    /** Users are checked. */
    static AuthRecord enabled() {
        return new AuthRecord(Kind.ENABLED, "", new byte[] {1});
    }

    static AuthRecord gone(Kind kind, String name) {
        return new AuthRecord(kind, name, null);
    }
}
