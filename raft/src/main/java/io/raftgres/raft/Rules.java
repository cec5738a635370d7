package io.raftgres.raft;

/** Stub: the decisions on which safety rests, one method each, citing the paper. Tests replace one by a broken one. */
public class Rules {
    public static final Rules STANDARD = new Rules();

    protected Rules() {}
}
