package io.raftgres.node.consensus;

import io.raftgres.raft.Output.Refusal;

/** What became of a change of membership. */
public sealed interface ChangeOutcome {

    /** @param index of its entry in the log */
    record Committed(long index) implements ChangeOutcome {}

    /** Nothing was appended. @param detail a sentence that says why and what to do */
    record Refused(Refusal reason, String detail) implements ChangeOutcome {}

    /** Leadership was lost before the change was committed: the next leader may still commit it. */
    record Uncertain() implements ChangeOutcome {}
}
