/**
 * Opens connections to PostgreSQL, and classifies the errors of statements.
 *
 * <p>Begin with {@link Sessions}, then {@link SqlErrors} and {@link Patience}.
 *
 * <p>May use: {@code node.kv, node.store}.
 *
 * <p>{@link Sessions} and {@link SqlErrors} are stateless, and {@link Patience} is thread-safe. One thread uses a
 * {@link StatementBatch}.
 */
package io.raftgres.node.store.sql;
