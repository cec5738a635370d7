/**
 * Starts the operator, and reconciles each RaftCluster.
 *
 * <p>Begin with {@link RaftClusterReconciler}, then {@link OperatorConfig} and {@link LeaderElection}.
 *
 * <p>May use: {@code operator.api.v1alpha1, operator.apply, operator.condition, operator.model, operator.observe,
 * operator.plan, operator.resource, operator.status}.
 *
 * <p>Between two reconciliations the state of a cluster is in the API server, so the operator may be killed between any
 * two writes. One operator works at a time, by a Lease.
 */
package io.raftgres.operator;
