/**
 * Keeps the node's data in PostgreSQL: live rows, replaced rows, idempotency tokens, and how far it has applied the
 * log.
 *
 * <p>Begin with {@link Store}; then {@code BatchWriter} in {@code write}, and {@code PointReader} and
 * {@code StreamReader} in {@code query}.
 *
 * <p>May use: {@code node.kv, node.store.history, node.store.query, node.store.schema, node.store.sql,
 * node.store.write, raft}.
 *
 * <p>One thread calls {@link Store#write}, {@link Store#check} and {@link Store#bind}; any thread may call the others.
 *
 * <p>PostgreSQL runs with synchronous_commit=off, so a crash may lose its last transactions. The store notices, and
 * reads fail until the lost batches are written again.
 */
package io.raftgres.node.store;
