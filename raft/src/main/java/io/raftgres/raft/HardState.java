package io.raftgres.raft;

/**
 * What a member must have on disk before it answers (paper, figure 2: persistent state).
 *
 * @param term latest term the member has seen, from 0
 * @param votedFor member voted for in {@code term}, {@link Member#NONE} when it has not voted
 */
public record HardState(long term, long votedFor) {
    public static final HardState INITIAL = new HardState(0, Member.NONE);
}
