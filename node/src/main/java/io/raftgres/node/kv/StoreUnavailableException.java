package io.raftgres.node.kv;

/** PostgreSQL cannot be reached or failed the statement for a reason that passes; nothing was changed. */
public final class StoreUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
