package io.raftgres.operator.model;

/** What is on a claim: a member's data, or its Raft log when that has a claim of its own. */
public enum ClaimKind {
    DATA,
    LOG
}
