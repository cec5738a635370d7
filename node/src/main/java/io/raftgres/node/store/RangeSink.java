package io.raftgres.node.store;

import io.raftgres.node.kv.Row;

/** Takes the rows of a range as they come from PostgreSQL. A slow sink holds a connection and a snapshot. */
public interface RangeSink {

    /** Called first and once. @param current the store's revision in the snapshot that the rows come from */
    void revision(long current);

    /** @return false to end the stream */
    boolean row(Row row);
}
