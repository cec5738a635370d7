/**
 * Writes to the API server: the resources that need no plan, the steps of a plan, the status and the events.
 *
 * <p>Begin with {@link Steps}, then {@link SupportingResources} and {@link ServerSideApply}.
 *
 * <p>May use: {@code operator, operator.api.v1alpha1, operator.model, operator.observe, operator.plan, operator.raft,
 * operator.resource, operator.status}.
 *
 * <p>{@link WriteAttempts} carries out each write alone, and {@link RefusedWrites}, which is thread-safe, keeps those
 * that were refused; all else is stateless. When what a step was planned from has changed, the reconciler plans again.
 */
package io.raftgres.operator.apply;
