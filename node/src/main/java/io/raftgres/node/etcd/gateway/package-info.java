/**
 * Serves the JSON gateway: HTTP/1.1 on the port of gRPC.
 *
 * <p>Begin with {@link HttpConnection}, then {@link Gateway} and {@link UnaryCall}.
 *
 * <p>May use: {@code etcd.api.*, node.memory, node.web}.
 *
 * <p>A request becomes a call of a gRPC service in the same process, so it passes the same checks as the calls of
 * clients. Responses and errors are those of etcd's gateway, byte for byte except for white space.
 *
 * <p>The event loop of a connection owns its state; JSON is read and written on virtual threads. {@link GatewayLimits}
 * bounds what a connection may take. RangeStream has no path.
 */
package io.raftgres.node.etcd.gateway;
