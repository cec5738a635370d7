/**
 * Builds the status of a RaftCluster from its conditions and members, and writes it when it has changed.
 *
 * <p>Begin with {@link StatusReport}, then {@link StatusWriter}.
 *
 * <p>May use: {@code operator.api.v1alpha1, operator.condition, operator.guard, operator.model, operator.plan,
 * operator.resource, operator.time}.
 *
 * <p>Thread-safe: {@link StatusReport} is a function, and the writer keeps only when it last wrote each status.
 */
package io.raftgres.operator.status;
