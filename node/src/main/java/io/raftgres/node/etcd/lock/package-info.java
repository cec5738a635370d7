/**
 * Serves etcd's Lock and Election services.
 *
 * <p>Begin with {@link LockQueue}, then {@link LockEndpoint} and {@link ElectionEndpoint}.
 *
 * <p>May use: {@code etcd.api.*, node.etcd.auth, node.etcd.call, node.etcd.message, node.kv, node.service,
 * node.service.read}.
 *
 * <p>Stateless: the keys under a name are the queue, and the oldest key holds the lock. All work blocks, on virtual
 * threads.
 */
package io.raftgres.node.etcd.lock;
