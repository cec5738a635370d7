package io.raftgres.operator.model;

import java.util.Optional;

/**
 * A claim of a member's data or log.
 *
 * @param bytes requested size
 * @param capacity size that it has; 0 while it has none
 * @param canGrow its storage class allows expansion
 * @param resize what Kubernetes reports of its growth; empty when nothing is reported
 */
public record ClaimView(
        ClaimKind kind,
        int ordinal,
        String uid,
        long bytes,
        long capacity,
        boolean canGrow,
        boolean terminating,
        Optional<ResizeView> resize) {}
