package io.raftgres.node.consensus;

import io.raftgres.node.kv.AppliedBatch;

/** Where applied batches go to become PostgreSQL's. */
interface StoreSink {
    /** Takes a batch; blocks while too many bytes wait for PostgreSQL. */
    void submit(AppliedBatch batch) throws InterruptedException;

    /** Blocks until PostgreSQL shows everything up to {@code index}. */
    void awaitStored(long index) throws InterruptedException;

    /** @return index up to which PostgreSQL can no longer lose anything */
    long flushedIndex();

    /** @return revision up to which PostgreSQL can no longer lose anything */
    long flushedRevision();
}
