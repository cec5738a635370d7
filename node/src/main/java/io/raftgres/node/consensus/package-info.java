/**
 * Runs the Raft core on its thread, and carries out its output: appends to the log, sends messages and applies
 * committed entries.
 *
 * <p>Begin with {@link Consensus}, then {@link RaftThread}, {@link Applier} and {@link StoreWriter}.
 *
 * <p>May use: {@code node.auth, node.config, node.kv, node.log, node.memory, node.peer, node.store,
 * node.store.query, node.store.schema, node.store.sql, node.store.write, node.tls, raft}.
 *
 * <p>Each thread owns its state, and threads hand each other values through queues. {@link RaftThread} owns the core
 * and never waits for a disk, a socket or SQL. {@link Applier} owns the state machine. {@link StoreWriter} keeps each
 * batch until PostgreSQL has flushed it.
 *
 * <p>A member without state has no {@link Replica}: it votes and acknowledges, and applies nothing.
 */
package io.raftgres.node.consensus;
