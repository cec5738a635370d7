/**
 * A member's state, from one member's PostgreSQL to another's.
 *
 * <p>The member that needs it pulls. Its {@link io.raftgres.node.snapshot.SnapshotFetcher} asks a source, whose {@link
 * io.raftgres.node.snapshot.SnapshotServer} copies its tables out of one transaction into a file of compressed chunks
 * with checksums, the spool: so a receiver may be slow, break off and come back, and PostgreSQL does not have to keep
 * old rows for it. Chunks are asked for by number, a few ahead, and each is loaded into the staging schema beside the
 * live one in a transaction that counts it; so either side may be killed at any moment, and the transfer goes on from
 * the first chunk that is missing as long as the source has its spool. When all are there the indexes are made, and the
 * rows are compared with the set hash. {@link io.raftgres.node.snapshot.StagedSnapshot} then puts it in the place of
 * the live state, by renaming schemas in one transaction; nothing may run on the old state while it does.
 *
 * <p>Throttled where rows are read, sent and loaded. Rows travel in the order in which they lie on the source's disk,
 * and the receiver makes its indexes in the end: the source, which serves meanwhile, reads each page once; in key order
 * it would read one for each row of a table larger than its memory, or sort it.
 */
package io.raftgres.node.snapshot;
