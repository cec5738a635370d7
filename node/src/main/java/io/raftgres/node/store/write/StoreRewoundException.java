package io.raftgres.node.store.write;

/**
 * PostgreSQL crashed and came back without the last transactions, as it may with synchronous_commit=off: all after
 * {@link #appliedIndex()} is to be replayed from the log. The store itself goes on from there.
 */
public final class StoreRewoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final long appliedIndex;

    public StoreRewoundException(long appliedIndex, long expected) {
        super(
                "PostgreSQL is back at applied index " + appliedIndex + ", it had been at " + expected,
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
