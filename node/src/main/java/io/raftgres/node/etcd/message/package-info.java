/**
 * Translates etcd's requests to requests of the service layer, and results back to etcd's messages.
 *
 * <p>Begin with {@link Requests}, then {@link EtcdResponses} and {@link Headers}.
 *
 * <p>May use: {@code etcd.api.*, node.etcd.call, node.kv, node.service, node.service.health}.
 *
 * <p>Thread-safe. The checks of a request are etcd's, in etcd's order.
 */
package io.raftgres.node.etcd.message;
