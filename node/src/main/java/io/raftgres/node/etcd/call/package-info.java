/**
 * Provides what all calls of etcd's API share: how they end, their errors in etcd's words, their bounds and their
 * metrics.
 *
 * <p>Begin with {@link Calls}, then {@link StatusMapping} and {@link EtcdError}.
 *
 * <p>May use: {@code node.kv, node.memory}.
 *
 * <p>Thread-safe. Clients compare the texts of errors, so {@link EtcdError} has exactly etcd's.
 */
package io.raftgres.node.etcd.call;
