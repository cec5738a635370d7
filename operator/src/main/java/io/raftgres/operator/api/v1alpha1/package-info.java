/**
 * Defines the types of the API, of which the CRD is made.
 *
 * <p>Begin with {@link RaftCluster}, then {@link RaftClusterSpec} and {@link RaftClusterStatus}.
 *
 * <p>May use: nothing of the project.
 *
 * <p>Stateless. The texts of descriptions are in the CRD, and {@code kubectl explain raftcluster} shows them.
 */
package io.raftgres.operator.api.v1alpha1;
