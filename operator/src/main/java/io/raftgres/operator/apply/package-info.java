/**
 * Writes to the API server: the resources that need no plan, the steps of a plan, and the events.
 *
 * <p>Begin with {@link Steps}, then {@link SupportingResources} and {@link ServerSideApply}.
 *
 * <p>May use: {@code operator, operator.api.v1alpha1, operator.model, operator.observe, operator.plan, operator.raft,
 * operator.resource, operator.status, operator.time}.
 *
 * <p>{@link WriteAttempts} carries out each write alone, and {@link RefusedWrites} keeps those that were refused.
 * {@link SetRecreation} keeps a set between its deletion and its creation; others keep only what spares them calls.
 * All of it is thread-safe, bounded, and may be lost. When what a step was planned from has changed, the reconciler
 * plans again.
 */
package io.raftgres.operator.apply;
