package io.raftgres.node.store.write;

/**
 * PostgreSQL crashed and returned without its last transactions, as may happen with synchronous_commit=off: all batches
 * after {@link #appliedIndex()} have to be written again. The store continues from there.
 */
public final class StoreRewoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final long appliedIndex;

    public StoreRewoundException(long appliedIndex, long expected) {
        super(
                "PostgreSQL restarted at applied index " + appliedIndex + ", but it had been at " + expected,
                null,
                false,
                false);
        this.appliedIndex = appliedIndex;
    }

    /** @return the last index that PostgreSQL has */
    public long appliedIndex() {
        return appliedIndex;
    }
}
