package io.raftgres.node.consensus;

import io.raftgres.raft.Output.Refusal;

/** The outcome of a membership change. */
public sealed interface ChangeOutcome {

    /** @param index of its entry in the log */
    record Committed(long index) implements ChangeOutcome {}

    /** Nothing was appended. @param detail a sentence with the reason and the next step */
    record Refused(Refusal reason, String detail) implements ChangeOutcome {}

    /** Leadership was lost before the change was committed: the next leader may still commit it. */
    record Uncertain() implements ChangeOutcome {}
}
