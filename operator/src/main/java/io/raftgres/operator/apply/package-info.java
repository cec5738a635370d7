/**
 * Writes to the API server: the resources that need no plan, the steps of a plan, the status and the events.
 *
 * <p>Begin with {@link Steps}, then {@link SupportingResources} and {@link ServerSideApply}.
 *
 * <p>May use: {@code operator, operator.api.v1alpha1, operator.model, operator.observe, operator.plan, operator.raft,
 * operator.resource, operator.status}.
 *
 * <p>Stateless. A step is refused when what it was planned from has changed; the reconciler then plans again.
 */
package io.raftgres.operator.apply;
