package io.raftgres.node.consensus;

import io.raftgres.node.kv.AppliedBatch;

/** Accepts applied batches and writes them to PostgreSQL. */
interface StoreSink {
    /** Accepts a batch; blocks while too many bytes wait for PostgreSQL. */
    void submit(AppliedBatch batch) throws InterruptedException;

    /** Blocks until PostgreSQL shows all entries up to {@code index}. */
    void awaitStored(long index) throws InterruptedException;

    /** @return index up to which PostgreSQL can no longer lose any entry */
    long flushedIndex();

    /** @return revision up to which PostgreSQL can no longer lose any change */
    long flushedRevision();
}
