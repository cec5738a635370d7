package io.raftgres.node.kv;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Provides the rows that are not in memory: from PostgreSQL, or from a map in tests. Its use of memory is bounded,
 * whatever the rows contain.
 */
public interface RowSource {

    /** Bytes of values that one {@link #get} reads, and one more value. */
    long MAX_FETCH_BYTES = 32L << 20;

    /**
     * @return current rows of the existing keys. Null for a key whose row was left out because the rows together would
     *     exceed {@link #MAX_FETCH_BYTES}: the caller requests those keys again. As a rule these are the last ones
     * @throws StoreUnavailableException when PostgreSQL does not respond; try again
     */
    Map<Key, Row> get(Collection<Key> keys);

    /**
     * Reads current rows in key order, without their values. Ends with the row that exceeds
     * {@link Limits#MAX_RANGE_KEY_BYTES}.
     *
     * @param limit upper bound of rows
     * @param atLeastIndex applied index that the rows must show
     * @throws StoreUnavailableException when PostgreSQL does not respond, or is behind that index; try again
     */
    List<Outline> outlines(RowSet rows, int limit, long atLeastIndex);

    /**
     * Like {@link #outlines}, with all data that a deletion of the rows needs: the first values, about
     * {@link Outline#KEPT_BYTES}, and the hashes of the rows whose values are left out.
     */
    List<Outline> toDelete(RowSet rows, int limit, long atLeastIndex);

    /**
     * Reads the selected rows of a range, at most {@link Limits#MAX_TXN_ROWS} rows.
     *
     * @param selection of a revision that is neither compacted nor in the future at that index
     * @param maxBytes bound of the rows' bytes, each counted by {@link Limits#responseBytes}; a single row may be
     * larger
     * @param atLeastIndex applied index that the rows must show
     * @throws RefusedRequestException there are more rows, or they are larger
     * @throws StoreUnavailableException when PostgreSQL does not respond, or is behind that index; try again
     */
    Op.Result.Get select(KeyRange range, Selection selection, long maxBytes, long atLeastIndex);

    /**
     * @param compare on a range
     * @param atLeastIndex applied index that the rows must show
     * @return whether it holds for each row, or for a range without any
     * @throws RefusedRequestException there are more than {@link Limits#MAX_TXN_ROWS} rows, or more bytes than
     *     {@link Limits#MAX_COMPARED_BYTES} before the first row for which it does not hold
     * @throws StoreUnavailableException when PostgreSQL does not respond, or is behind that index; try again
     */
    boolean holds(Compare compare, long atLeastIndex);
}
