/**
 * The JSON gateway: HTTP/1.1 on the port of gRPC. A request is translated to a call of a gRPC service in the same
 * process, so that it passes what calls of clients pass; answers and errors are those of etcd's gateway, byte for byte
 * but for white space. {@link io.raftgres.node.etcd.gateway.HttpConnection} has the bounds of a connection.
 */
package io.raftgres.node.etcd.gateway;
