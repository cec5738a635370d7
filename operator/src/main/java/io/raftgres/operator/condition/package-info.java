/**
 * Derives the conditions of a RaftCluster, one class each, from what was observed and the step that was planned.
 *
 * <p>Begin with {@link Report}, then {@link Ready} and {@link QuorumAvailable}.
 *
 * <p>May use: {@code operator.guard, operator.model, operator.plan}.
 *
 * <p>Stateless and pure: the package knows no Kubernetes, no network and no clock.
 */
package io.raftgres.operator.condition;
