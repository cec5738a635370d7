/**
 * Reads rows and past changes from PostgreSQL.
 *
 * <p>Begin with {@link PointReader} for single keys, then {@link StreamReader} for ranges and events, and
 * {@link OutlineQuery}.
 *
 * <p>May use: {@code node.kv, node.store, node.store.schema, node.store.sql, node.store.write}.
 *
 * <p>{@link PointReader} and {@link StreamReader} are thread-safe and block; one thread uses a {@link Cursor}. No read
 * answers with rows that are older than what this node has written. A stream holds a connection and a snapshot, so a
 * sink whose consumer is slow has to end the stream.
 */
package io.raftgres.node.store.query;
