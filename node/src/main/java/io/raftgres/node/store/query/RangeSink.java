package io.raftgres.node.store.query;

import io.raftgres.node.kv.Row;

/**
 * Takes the rows of a range as they come from PostgreSQL. A connection and a snapshot are held meanwhile: a sink whose
 * consumer is slow ends the stream.
 */
public interface RangeSink {

    /** Called first and once. @param current the store's revision in the snapshot that the rows come from */
    void revision(long current);

    /** @return false to end the stream */
    boolean row(Row row);
}
