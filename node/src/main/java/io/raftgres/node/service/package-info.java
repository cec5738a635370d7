/**
 * Implements each read, write, watch and lease once, for all APIs.
 *
 * <p>Begin with {@link KvService}, then {@link NodeKvService} and {@link NodeServices}.
 *
 * <p>May use: {@code node.auth, node.config, node.consensus, node.kv, node.memory, node.peer, node.service.*,
 * node.snapshot, node.store, node.store.sql, raft}.
 *
 * <p>Thread-safe. Asynchronous operations complete on a thread that must not block. Each operation of {@link KvService}
 * ends by its deadline.
 *
 * <p>A member without state has a {@link RebuildingKvService}, which knows the cluster and serves no data.
 */
package io.raftgres.node.service;
