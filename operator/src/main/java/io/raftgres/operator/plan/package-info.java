/**
 * What is done next, from what is seen: {@link io.raftgres.operator.plan.Planner} asks one rule after the other. Pure:
 * no Kubernetes, no network, no clock. One step is planned and taken at a time, and everything is looked at again
 * before the next, so that the operator may stop between any two writes.
 *
 * <p>What is seen of Kubernetes is read from the API server just before, not from a cache. What the nodes say may be a
 * little older; the leader itself refuses what would cost the quorum.
 */
package io.raftgres.operator.plan;
