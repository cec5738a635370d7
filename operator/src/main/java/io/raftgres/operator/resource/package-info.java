/**
 * Builds the Kubernetes resources of a cluster, with one pure builder for each.
 *
 * <p>Begin with {@link StatefulSets}, then {@link Pods} and {@link Names}.
 *
 * <p>May use: {@code operator.api.v1alpha1, operator.model}.
 *
 * <p>Stateless.
 */
package io.raftgres.operator.resource;
