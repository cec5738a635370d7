/**
 * Reads rows from memory or from PostgreSQL, after the barrier that makes a read linearizable.
 *
 * <p>Begin with {@link ReadPath}, then {@link MissReader} and {@link PostgresReads}.
 *
 * <p>May use: {@code node.consensus, node.kv, node.service, node.store.query, node.store.sql}.
 *
 * <p>{@link ReadPath}, {@link MissReader} and {@link PostgresReads} are thread-safe; one thread uses a
 * {@link RangeRead}. Reads of {@link PostgresReads} block, and wait for a place in the order in which they came. A read
 * whose client is slow leaves its place, and continues later at the same revision.
 */
package io.raftgres.node.service.read;
