/**
 * Reads all that a plan is made from: from the nodes, and from the API server or the caches of the watches. Caches only
 * show that there is nothing to do.
 *
 * <p>Begin with {@link Observer}, then {@link Live} and {@link Views}.
 *
 * <p>May use: {@code operator.api.v1alpha1, operator.guard, operator.model, operator.raft, operator.resource,
 * operator.time}.
 *
 * <p>Stateless, but for what {@link StorageClasses} keeps for a minute. {@link Observer} asks all nodes at once, on
 * virtual threads, and waits at most two seconds for a silent node.
 */
package io.raftgres.operator.observe;
