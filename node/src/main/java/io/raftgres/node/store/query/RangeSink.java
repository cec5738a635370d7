package io.raftgres.node.store.query;

import io.raftgres.node.kv.Row;

/**
 * Receives the rows of a range as PostgreSQL sends them. The stream holds a connection and a snapshot meanwhile, so a
 * sink with a slow consumer must end it.
 */
public interface RangeSink {

    /** Called first and once. @param current the store's revision in the rows' snapshot */
    void revision(long current);

    /** @return false to end the stream */
    boolean row(Row row);
}
