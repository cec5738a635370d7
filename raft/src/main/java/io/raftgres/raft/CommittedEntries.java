package io.raftgres.raft;

import io.raftgres.raft.Output.Load;
import java.util.List;

/**
 * Hands committed entries to the state machine: in order, each once, within a bound in bytes. It exceeds the bound by
 * at most one entry, so that a large entry can pass.
 */
final class CommittedEntries {

    /** Upper bound of one read from the disk. */
    private static final int MAX_LOAD_BYTES = 1 << 20;

    private final MemberState state;
    private final boolean hasState;
    private final ByteWindow unapplied = new ByteWindow();
    private long handedOut;

    CommittedEntries(MemberState state, Restored restored) {
        this.state = state;
        this.hasState = restored.hasState();
        this.handedOut = hasState ? state.rules.appliedAtStart(restored.appliedIndex()) : 0;
    }

    /** @return index up to which the log may be cut; the state machine may still need the entries above it */
    long cutLimit() {
        return hasState ? Math.min(handedOut, state.commitIndex) : state.commitIndex;
    }

    void applied(long index) {
        if (index > handedOut) {
            throw new IllegalStateException(
                    "entries up to " + index + " reported applied, and they were handed out up to " + handedOut);
        }
        unapplied.releaseUpTo(index);
    }

    /**
     * Hands out entries from memory as far as the bound allows. If the next entry is not in memory, requests it from
     * the disk.
     */
    void pump() {
        if (!hasState) {
            return;
        }
        long budget = state.config.maxUnappliedBytes() - unapplied.bytes();
        long limit = limit();
        if (handedOut >= limit || budget <= 0) {
            return;
        }
        long from = handedOut + 1;
        EntryCache cache = state.log.cache();
        if (from < cache.first()) {
            long to = Math.min(limit, cache.first() - 1);
            state.loads.request(Member.NONE, from, to, (int) Math.min(MAX_LOAD_BYTES, budget));
            return;
        }
        EntryCache.Slice slice = cache.slice(from, limit, budget);
        handOut(slice.entries(), slice.bytes());
    }

    void loaded(Load load, List<Entry> entries) {
        if (load.from() != handedOut + 1) {
            return;
        }
        if (!state.log.holds(load.from(), entries) || entries.getLast().index() > limit()) {
            throw new IllegalStateException(
                    "the log on disk does not hold the committed entries from " + load.from() + " to " + load.to());
        }
        long bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            bytes += entries.get(i).sizeBytes();
        }
        handOut(entries, bytes);
    }

    private long limit() {
        RaftLog log = state.log;
        long limit = state.rules.applyLimit(state.role, state.commitIndex, log.durableIndex());
        return Math.min(limit, log.lastIndex());
    }

    private void handOut(List<Entry> entries, long bytes) {
        handedOut = entries.getLast().index();
        unapplied.add(handedOut, bytes);
        state.out.commit(entries);
    }
}
