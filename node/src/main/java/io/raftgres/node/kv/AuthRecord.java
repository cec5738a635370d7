package io.raftgres.node.kv;

/** A user, a role, or the revision of them all, as the store keeps it. @param data null: it is gone */
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
