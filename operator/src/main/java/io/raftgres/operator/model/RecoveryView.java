package io.raftgres.operator.model;

/**
 * The recovery in the pod {@code <cluster>-recovery}.
 *
 * @param of the recovery that it was started for
 * @param version resource version of the pod as it was read: it differs once anything of the pod has changed
 * @param message why it does not run, or failed
 */
public record RecoveryView(ForcedRecovery of, RecoveryPhase phase, String version, String message) {}
