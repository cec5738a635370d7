package io.raftgres.raft;

/** Stub: the rules come next. */
public final class RaftCore {

    /**
     * @param seed for the randomised election timeouts
     * @param rules the safety rules; {@link Rules#STANDARD} outside of tests that break one on purpose
     */
    public RaftCore(RaftConfig config, Restored restored, long seed, Rules rules) {}

    public Output step(Input input) {
        throw new IllegalStateException();
    }

    public Role role() {
        throw new IllegalStateException();
    }

    public long term() {
        throw new IllegalStateException();
    }

    /** @return leader of the current term, {@link Member#NONE} when unknown */
    public long leader() {
        throw new IllegalStateException();
    }

    public long commitIndex() {
        throw new IllegalStateException();
    }

    public long lastIndex() {
        throw new IllegalStateException();
    }

    public long durableIndex() {
        throw new IllegalStateException();
    }

    /** @return index up to which every member is known to have the log: what is below may be cut */
    public long matchedByAll() {
        throw new IllegalStateException();
    }

    /** @return the latest membership in the log, committed or not */
    public Membership membership() {
        throw new IllegalStateException();
    }

    /** @return how far the leader knows a member's log to match; 0 when unknown or not leader */
    public long matchIndex(long member) {
        throw new IllegalStateException();
    }

    public long uncommittedBytes() {
        throw new IllegalStateException();
    }
}
