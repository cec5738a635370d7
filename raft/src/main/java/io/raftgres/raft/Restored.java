package io.raftgres.raft;

import java.util.List;

/**
 * What a member finds on its disk when it starts. All of it is durable. Having got a snapshot is a start with another
 * one of these: the log is kept when it holds the snapshot's last entry with its term, and otherwise begins after it,
 * empty, with the snapshot's membership; the hard state is the old one, or, when the snapshot is of a later term, that
 * term without a vote.
 *
 * @param hardState last one stored; its term is not below that of any entry
 * @param baseIndex index just below the first entry in the log; 0 for a log that was never cut
 * @param baseTerm term at {@code baseIndex}; 0 when that is 0
 * @param baseMembership in force at {@code baseIndex}; at 0 the bootstrap membership, the same at every first member
 * @param terms where each term starts in the log, ascending; empty for an empty log
 * @param memberships the MEMBERSHIP entries in the log, ascending
 * @param lastIndex last entry in the log; {@code baseIndex} when empty
 * @param appliedIndex what the state machine has applied durably; baseIndex or above, and above lastIndex when a
 *     leader applied what a majority had on disk before it did itself. {@link #NO_STATE}: the state is lost or damaged,
 *     and the member takes its part in Raft without applying anything, until it is started again with a state
 * @param vouched false: the log is blank, and maybe not the first one that this member had. It promises nothing until
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
            throw new IllegalArgumentException("a log that is not blank has promised something already");
        }
    }

    /** Of a member that nobody needs to vouch for. */
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

    /** As appliedIndex: there is no state. Not the same as the empty state of a cluster that begins, which is at 0. */
    public static final long NO_STATE = -1;

    /** @param index first entry of {@code term} in the log */
    public record TermStart(long index, long term) {}

    boolean hasState() {
        return appliedIndex != NO_STATE;
    }

    /** @return whether nothing can have been promised with this log: no vote, no entry */
    public boolean isBlank() {
        return isBlank(hardState, baseIndex, lastIndex);
    }

    private static boolean isBlank(HardState hardState, long baseIndex, long lastIndex) {
        return hardState.equals(HardState.INITIAL) && baseIndex == 0 && lastIndex == 0;
    }

    /** @return the same, of a member that others have to vouch for first; its log is blank */
    public Restored unvouched() {
        return new Restored(
                hardState, baseIndex, baseTerm, baseMembership, terms, memberships, lastIndex, appliedIndex, false);
    }

    /** @return the state of a member that has never run */
    public static Restored blank(Membership bootstrap) {
        return new Restored(HardState.INITIAL, 0, 0, bootstrap, List.of(), List.of(), 0, 0);
    }
}
