/**
 * Writes applied batches into PostgreSQL, each exactly once.
 *
 * <p>Begin with {@link BatchWriter}, then {@link RowChanges} and {@link RowStatements}.
 *
 * <p>May use: {@code node.kv, node.store, node.store.history, node.store.schema, node.store.sql, raft}.
 *
 * <p>One thread at a time owns a {@link BatchWriter}; {@code Store} ensures it. {@link FlushProbe} is thread-safe.
 *
 * <p>A transaction that was committed may still be lost in a crash of PostgreSQL: {@link StoreRewoundException} says
 * so.
 */
package io.raftgres.node.store.write;
