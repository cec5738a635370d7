package io.raftgres.raft;

import java.util.List;

/**
 * What a member finds on its disk when it starts. All of it is durable.
 *
 * @param hardState last one stored
 * @param baseIndex index just below the first entry in the log; 0 for a log that was never cut
 * @param baseTerm term at {@code baseIndex}; 0 when that is 0
 * @param baseMembership in force at {@code baseIndex}; at 0 the bootstrap membership, the same at every first member
 * @param terms where each term starts in the log, ascending; empty for an empty log
 * @param memberships the MEMBERSHIP entries in the log, ascending
 * @param lastIndex last entry in the log; {@code baseIndex} when empty
 * @param appliedIndex what the state machine has applied durably, or {@link #NO_STATE}; baseIndex or above, and above lastIndex when a leader
 *     applied what a majority had on disk before it did itself
 */
public record Restored(
        HardState hardState,
        long baseIndex,
        long baseTerm,
        Membership baseMembership,
        List<TermStart> terms,
        List<Entry> memberships,
        long lastIndex,
        long appliedIndex) {

    /**
     * As {@code appliedIndex}: there is no state. The member votes and acknowledges, and gets nothing to apply, until it is
     * restarted with the state of another one: an install of a snapshot is such a restart, with a log that begins after it.
     */
    public static final long NO_STATE = -1;

    /** @param index first entry of {@code term} in the log */
    public record TermStart(long index, long term) {}

    /** @return the state of a member that has never run */
    public static Restored blank(Membership bootstrap) {
        return new Restored(HardState.INITIAL, 0, 0, bootstrap, List.of(), List.of(), 0, 0);
    }
}
