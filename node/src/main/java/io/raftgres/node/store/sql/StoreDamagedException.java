package io.raftgres.node.store.sql;

/**
 * PostgreSQL's data is not, or no longer, this member's state: pages are damaged, tables are missing, or the rows
 * differ from those of the log. This is permanent; the member has to take the state from another member.
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
