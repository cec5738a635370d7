package io.raftgres.operator.model;

/**
 * A growth of a claim that the API server has accepted and that is not complete.
 *
 * @param failed the storage driver reports an error
 * @param message of Kubernetes or of the driver, on one line
 */
public record ResizeView(boolean failed, String message) {}
