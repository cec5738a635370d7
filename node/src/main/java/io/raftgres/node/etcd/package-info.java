/**
 * etcd v3's API on gRPC, for etcd's own clients: each service translates etcd's messages to requests of
 * {@link io.raftgres.node.service.KvService}, and answers and errors back. Nothing is decided here that the service
 * layer does not know. Handlers run on Netty's event loops and never block; what has to wait does so on virtual
 * threads.
 */
package io.raftgres.node.etcd;
