/**
 * Serves etcd's Lease service.
 *
 * <p>Begin with {@link LeaseEndpoint}, then {@link KeepAliveStream}.
 *
 * <p>May use: {@code etcd.api.*, node.etcd.auth, node.etcd.call, node.etcd.message, node.kv, node.service}.
 *
 * <p>Thread-safe. A stream has a bounded number of keep-alives in flight; their responses may come in any order.
 */
package io.raftgres.node.etcd.lease;
