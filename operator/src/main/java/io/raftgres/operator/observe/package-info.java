/**
 * Reads all that a plan is made from: live from the API server and from the nodes, never from a cache.
 *
 * <p>Begin with {@link Observer}, then {@link Live} and {@link Views}.
 *
 * <p>May use: {@code operator.api.v1alpha1, operator.guard, operator.model, operator.raft, operator.resource}.
 *
 * <p>Stateless. {@link Observer} asks all nodes at once, on virtual threads, and waits at most two seconds for a silent
 * node.
 */
package io.raftgres.operator.observe;
