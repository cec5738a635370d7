package io.raftgres.node.kv;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Where the state machine finds rows that are not in memory: PostgreSQL, or a map in tests. */
public interface RowSource {

    /**
     * @return current rows of those keys that have one
     * @throws StoreUnavailableException when PostgreSQL does not answer; try again
     */
    Map<Key, Row> get(Collection<Key> keys);

    /**
     * @param limit most rows
     * @param atLeastIndex applied index that the rows must show
     * @return current rows of a range in key order
     * @throws StoreUnavailableException when PostgreSQL does not answer, or is behind that index; try again
     */
    List<Row> scan(KeyRange range, int limit, long atLeastIndex);

    /**
     * What is selected of a range, at most {@link Limits#MAX_TXN_ROWS} rows.
     *
     * @param selection of a revision that is neither compacted nor in the future at that index
     * @param atLeastIndex applied index that the rows must show
     * @throws RefusedRequestException there are more rows
     * @throws StoreUnavailableException when PostgreSQL does not answer, or is behind that index; try again
     */
    Op.Result.Get select(KeyRange range, Selection selection, long atLeastIndex);

    /** As {@link #scan}, of the rows that are attached to any of these leases. */
    List<Row> attached(Collection<Long> leases, int limit, long atLeastIndex);
}
