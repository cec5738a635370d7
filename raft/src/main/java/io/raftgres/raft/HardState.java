package io.raftgres.raft;

/** The state that a member must have on disk before it responds (paper, figure 2: persistent state). */
public record HardState(long term, long votedFor) {
    public static final HardState INITIAL = new HardState(0, Member.NONE);

    /** @return this, or {@code least} without a vote when that is a later term: no entry is of a term above this one */
    public HardState atLeast(long least) {
        return term >= least ? this : new HardState(least, Member.NONE);
    }
}
