package io.raftgres.node.store.staging;

/** The rows of a snapshot are invalid: its source, or the connection to it, is defective. */
public final class SnapshotRejectedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SnapshotRejectedException(String message) {
        super(message);
    }

    public SnapshotRejectedException(String message, Throwable cause) {
        super(message, cause);
    }
}
