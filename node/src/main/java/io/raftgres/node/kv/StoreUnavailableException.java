package io.raftgres.node.kv;

/** PostgreSQL is unavailable or failed the statement for a temporary reason; nothing was changed. */
public final class StoreUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
