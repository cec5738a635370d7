/**
 * Copies a member's state from one member's PostgreSQL to another's, and to and from a file.
 *
 * <p>Begin with {@link SnapshotFetcher}, which receives; then {@link SnapshotServer}, which sends, and
 * {@link StagedSnapshot}.
 *
 * <p>May use: {@code node.kv, node.peer, node.store.history, node.store.schema, node.store.sql, node.store.staging,
 * raft}.
 *
 * <p>The member that needs a snapshot pulls it. The source copies its tables in one transaction into a file of
 * compressed chunks with checksums, the spool. So a slow receiver does not make PostgreSQL keep old rows. The receiver
 * asks for chunks by number, a few ahead. It loads each into the staging schema, in a transaction that also counts the
 * chunk. So either side may be killed at any moment: the transfer continues from the first missing chunk as long as the
 * source has its spool.
 *
 * <p>When all chunks are there, the receiver makes the indexes and compares the rows with the set hash.
 * {@link StagedSnapshot} then replaces the live state, by renaming schemas in one transaction; nothing may run on the
 * old state meanwhile.
 *
 * <p>Reading, sending and loading are throttled. Rows travel in the order in which they lie on the source's disk, so
 * the source, which serves meanwhile, reads each page once. In key order it would read a page for each row of a table
 * larger than its memory, or sort the table.
 *
 * <p>One thread at a time may fetch. One thread of {@link SnapshotServer} answers, and each spool has a thread that
 * writes it.
 */
package io.raftgres.node.snapshot;
