/**
 * Reads a whole state out of PostgreSQL, and builds another one in a staging schema next to the live schema.
 *
 * <p>Begin with {@link StagingSchema}, then {@link SnapshotReader} and {@link StagingWriter}.
 *
 * <p>May use: {@code node.store.history, node.store.schema, node.store.sql, node.kv, raft}.
 *
 * <p>One thread uses a {@link SnapshotReader} or a {@link StagingWriter}. A crash loses whole chunks from the end of
 * what was staged, and nothing else.
 *
 * <p>While a {@link SnapshotReader} is open, PostgreSQL keeps old versions of rows.
 */
package io.raftgres.node.store.staging;
