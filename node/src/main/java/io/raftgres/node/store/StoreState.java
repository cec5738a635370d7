package io.raftgres.node.store;

/**
 * How far PostgreSQL is: its one-row state table, committed together with the rows it tells of.
 *
 * @param appliedIndex last log index whose changes are in; 0: none
 * @param revision 1: empty
 * @param compactedRevision reads below are refused; 0: nothing compacted
 * @param hash set hash of the live rows: {@link io.raftgres.node.kv.RowHash}
 */
public record StoreState(
        long appliedIndex, long appliedTerm, long revision, long compactedRevision, long hash, long clockMillis) {}
