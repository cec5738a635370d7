package io.raftgres.operator.model;

/**
 * A claim of a member's data or log.
 *
 * @param bytes requested size
 * @param canGrow its storage class allows expansion
 */
public record ClaimView(ClaimKind kind, int ordinal, String uid, long bytes, boolean canGrow, boolean terminating) {}
