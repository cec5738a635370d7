/**
 * Serves etcd's KV service: puts, deletes, transactions, compactions and reads of ranges.
 *
 * <p>Begin with {@link KvEndpoint}, then {@link RangeReads}.
 *
 * <p>May use: {@code etcd.api.*, node.etcd.auth, node.etcd.call, node.etcd.message, node.kv, node.memory,
 * node.service}.
 *
 * <p>Thread-safe. Reads of one key and writes never block the event loop; other reads run on virtual threads. A
 * response in one message is whole in memory until the client has taken it, so all such responses share a bound.
 */
package io.raftgres.node.etcd.kv;
