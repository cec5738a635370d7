/**
 * Serves etcd's Watch service.
 *
 * <p>Begin with {@link WatchEndpoint}, then {@link WatchCall} and {@link WatchResponses}.
 *
 * <p>May use: {@code etcd.api.*, node.etcd.auth, node.etcd.call, node.etcd.message, node.kv, node.service,
 * node.service.watch}.
 *
 * <p>Thread-safe: any thread that has something for a stream sends as much as gRPC takes, and never waits. A client
 * that does not read its responses is not asked for more requests.
 */
package io.raftgres.node.etcd.watch;
