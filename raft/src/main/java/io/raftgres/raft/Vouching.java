package io.raftgres.raft;

import java.util.TreeMap;

/**
 * Decides whether this member may take part. A member with a blank log is new, or it lost its disk together with its
 * promises. It is silent until enough others have confirmed that they knew no other log of this member
 * ({@link Rules#mayBegin}). Once it has begun, it needs no more vouchers. If it restarts with a blank log, it has
 * promised nothing and asks again.
 */
final class Vouching {
    private final MemberState state;

    /** The members that vouch for this one, and whether their own logs are blank. */
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
