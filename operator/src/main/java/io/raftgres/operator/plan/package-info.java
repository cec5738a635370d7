/**
 * Plans the next step from what was observed: {@link Planner} asks one rule after the other.
 *
 * <p>Begin with {@link Planner}, then {@link Phase}, {@link Rule} and {@link Step}.
 *
 * <p>May use: {@code operator.guard, operator.model}.
 *
 * <p>Stateless and pure: the package knows no Kubernetes, no network and no clock. One step is planned and taken at a
 * time, and all is observed again before the next. So the operator may stop between any two writes.
 *
 * <p>A step that is taken was planned from what the API server had just before, not from a cache. The nodes' responses
 * may be a little older; the leader itself refuses a change that would cost the quorum.
 */
package io.raftgres.operator.plan;
