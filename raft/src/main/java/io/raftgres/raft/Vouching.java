package io.raftgres.raft;

import java.util.TreeMap;

/**
 * Whether this member may take part. One whose log is blank may be new, or may have lost its disk and with it what it
 * promised: it is silent until enough of the others have said that they knew no log of its name but this one
 * ({@link Rules#mayBegin}). Once it has begun it asks no more; started again with a blank log it has promised nothing,
 * and asks anew.
 */
final class Vouching {
    private final MemberState state;

    /** Who vouches for it, and whether that one's own log is blank. */
    private final TreeMap<Long, Boolean> vouchers = new TreeMap<>();

    private boolean begun;

    Vouching(MemberState state, Restored restored) {
        this.state = state;
        this.begun = restored.vouched();
        decide();
    }

    void vouched(Input.Vouched vouched) {
        long member = vouched.member();
        if (!begun && member != state.self() && state.quorum.counts(member)) {
            vouchers.put(member, vouched.blank());
            decide();
        }
    }

    private void decide() {
        if (!begun) {
            int blank = (int) vouchers.values().stream().filter(each -> each).count();
            begun = state.rules.mayBegin(state.membership().voters().size(), vouchers.size(), blank);
        }
    }

    boolean hasBegun() {
        return begun;
    }
}
