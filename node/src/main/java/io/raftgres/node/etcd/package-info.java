/**
 * Serves etcd v3's API to etcd's own clients, on a port of its own: gRPC, and JSON over HTTP/1.1.
 *
 * <p>Begin with {@link EtcdServer}, then {@link SharedPort} and {@link EtcdRoutes}. The packages below implement etcd's
 * services.
 *
 * <p>May use: {@code etcd.api.*, node.config, node.etcd.*, node.memory, node.service, node.service.write,
 * node.tls, node.web}.
 *
 * <p>Each service translates etcd's messages to requests of {@link io.raftgres.node.service.KvService} and back. It
 * decides nothing that the service layer does not know. Handlers run on Netty's event loops and never block; work that
 * has to wait runs on virtual threads.
 */
package io.raftgres.node.etcd;
