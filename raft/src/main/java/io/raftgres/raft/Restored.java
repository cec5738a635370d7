package io.raftgres.raft;

import java.util.List;

/**
 * The durable state that a member finds on its disk when it starts. Installing a snapshot is a start with a new one of
 * these. The log is kept when it holds the snapshot's last entry with its term. Otherwise the log begins after the
 * snapshot, empty, with the snapshot's membership. The hard state stays; if the snapshot is of a later term, it is that
 * term without a vote.
 *
 * @param hardState last one stored; its term is not below that of any entry
 * @param baseIndex index just below the first entry in the log; 0 for a log that was never cut
 * @param baseTerm term at {@code baseIndex}; 0 when that is 0
 * @param baseMembership in force at {@code baseIndex}; at 0 the bootstrap membership, the same at every first member
 * @param terms where each term starts in the log, ascending; empty for an empty log
 * @param memberships the MEMBERSHIP entries in the log, ascending
 * @param lastIndex last entry in the log; {@code baseIndex} when empty
 * @param appliedIndex last index that the state machine has applied durably, at least baseIndex. It exceeds lastIndex
 *     when a leader applied entries that a majority had on disk before its own disk had them. {@link #NO_STATE}: the
 *     state is lost or damaged; the member takes part in Raft without applying entries, until it restarts with a state
 * @param vouched false: the log is blank, and the member may have had another one before. It promises nothing until
 *     others have vouched for it ({@link Input.Vouched})
 */
public record Restored(
        HardState hardState,
        long baseIndex,
        long baseTerm,
        Membership baseMembership,
        List<TermStart> terms,
        List<Entry> memberships,
        long lastIndex,
        long appliedIndex,
        boolean vouched) {

    public Restored {
        if (!vouched && !isBlank(hardState, baseIndex, lastIndex)) {
            throw new IllegalArgumentException(
                    "a log that is not blank may have made promises already, and cannot be unvouched");
        }
    }

    /** The state of a member that needs no vouching. */
    public Restored(
            HardState hardState,
            long baseIndex,
            long baseTerm,
            Membership baseMembership,
            List<TermStart> terms,
            List<Entry> memberships,
            long lastIndex,
            long appliedIndex) {
        this(hardState, baseIndex, baseTerm, baseMembership, terms, memberships, lastIndex, appliedIndex, true);
    }

    /** Value of appliedIndex when there is no state. It differs from 0, the empty state of a new cluster. */
    public static final long NO_STATE = -1;

    /** @param index first entry of {@code term} in the log */
    public record TermStart(long index, long term) {}

    boolean hasState() {
        return appliedIndex != NO_STATE;
    }

    /** @return whether no promise can have been made with this log: it has no vote and no entry */
    public boolean isBlank() {
        return isBlank(hardState, baseIndex, lastIndex);
    }

    private static boolean isBlank(HardState hardState, long baseIndex, long lastIndex) {
        return hardState.equals(HardState.INITIAL) && baseIndex == 0 && lastIndex == 0;
    }

    /** @return the same state, for a member with a blank log that others have to vouch for first */
    public Restored unvouched() {
        return new Restored(
                hardState, baseIndex, baseTerm, baseMembership, terms, memberships, lastIndex, appliedIndex, false);
    }

    /** @return the state of a member that has never run */
    public static Restored blank(Membership bootstrap) {
        return new Restored(HardState.INITIAL, 0, 0, bootstrap, List.of(), List.of(), 0, 0);
    }
}
