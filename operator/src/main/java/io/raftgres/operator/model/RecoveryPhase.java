package io.raftgres.operator.model;

/** The phase of the recovery's pod. PENDING: none of its containers has run yet. */
public enum RecoveryPhase {
    PENDING,
    RUNNING,
    SUCCEEDED,
    FAILED
}
