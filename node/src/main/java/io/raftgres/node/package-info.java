/**
 * Puts a node together: starts its parts in order, stops them in reverse order, and exposes its health and metrics.
 *
 * <p>Begin with {@link NodeLifecycle}, then {@link RunningNode} and {@link OpenData}.
 *
 * <p>May use: {@code node.auth, node.config, node.consensus, node.join, node.kv, node.log, node.memory, node.peer,
 * node.postgres, node.recovery, node.service, node.service.health, node.service.membership, node.service.watch,
 * node.snapshot, node.store, node.store.schema, node.store.sql, node.tls, raft}.
 *
 * <p>The APIs are not among them: they start with the process and ask {@link StartingKvService}. The thread of
 * {@link NodeLifecycle} owns the running node and replaces it when its state or its identity is replaced. Any thread
 * may read health and metrics.
 */
package io.raftgres.node;
