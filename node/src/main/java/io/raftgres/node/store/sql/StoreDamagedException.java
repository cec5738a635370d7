package io.raftgres.node.store.sql;

/**
 * What PostgreSQL has is not, or no longer, this member's state: pages are damaged, tables are gone, or the rows are
 * not those that the log made. It does not pass; the state is to be taken from another member.
 */
public final class StoreDamagedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreDamagedException(String message) {
        super(message);
    }

    public StoreDamagedException(String message, Throwable cause) {
        super(message, cause);
    }
}
