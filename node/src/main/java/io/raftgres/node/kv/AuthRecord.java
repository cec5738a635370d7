package io.raftgres.node.kv;

/** A user, a role, or the revision of all of them, in the store's form. @param data null: it was deleted */
public record AuthRecord(Kind kind, String name, byte[] data) {

    /** The order is part of the format. */
    public enum Kind {
        REVISION,
        USER,
        ROLE
    }

    static AuthRecord gone(Kind kind, String name) {
        return new AuthRecord(kind, name, null);
    }
}
