package io.raftgres.node.kv;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Where the state machine finds rows that are not in memory: PostgreSQL, or a map in tests. Memory is bounded, whatever
 * is in the rows.
 */
public interface RowSource {

    /** Bytes of values that one {@link #get} reads, and one more value. */
    long MAX_FETCH_BYTES = 32L << 20;

    /**
     * @return current rows of those keys that have one. Null for a key whose row was left out, for it and the others
     *     would be more than {@link #MAX_FETCH_BYTES}: to be asked for again, without those that came. As a rule those
     *     are the last ones
     * @throws StoreUnavailableException when PostgreSQL does not answer; try again
     */
    Map<Key, Row> get(Collection<Key> keys);

    /**
     * Current rows in key order, without their values. Ends with the row that exceeds
     * {@link Limits#MAX_RANGE_KEY_BYTES}.
     *
     * @param limit most rows
     * @param atLeastIndex applied index that the rows must show
     * @throws StoreUnavailableException when PostgreSQL does not answer, or is behind that index; try again
     */
    List<Outline> outlines(RowSet rows, int limit, long atLeastIndex);

    /**
     * As {@link #outlines}, with all that a deletion of the rows needs: the first values, about
     * {@link Outline#KEPT_BYTES}, and the hashes of the rows whose values are left out.
     */
    List<Outline> toDelete(RowSet rows, int limit, long atLeastIndex);

    /**
     * What is selected of a range, at most {@link Limits#MAX_TXN_ROWS} rows.
     *
     * @param selection of a revision that is neither compacted nor in the future at that index
     * @param maxBytes what the rows may take, each by {@link Limits#answerBytes}; a single one may be larger
     * @param atLeastIndex applied index that the rows must show
     * @throws RefusedRequestException there are more rows, or they are larger
     * @throws StoreUnavailableException when PostgreSQL does not answer, or is behind that index; try again
     */
    Op.Result.Get select(KeyRange range, Selection selection, long maxBytes, long atLeastIndex);

    /**
     * @param compare on a range
     * @param atLeastIndex applied index that the rows must show
     * @return whether it holds, of each row or of a range without any
     * @throws RefusedRequestException there are more than {@link Limits#MAX_TXN_ROWS} rows, or more bytes than
     *     {@link Limits#MAX_COMPARED_BYTES} before one that does not hold
     * @throws StoreUnavailableException when PostgreSQL does not answer, or is behind that index; try again
     */
    boolean holds(Compare compare, long atLeastIndex);
}
