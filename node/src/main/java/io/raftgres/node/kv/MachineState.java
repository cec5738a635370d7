package io.raftgres.node.kv;

/**
 * The numbers of the replicated state besides its rows.
 *
 * @param index log index applied last, 0 at first; @param term its term
 * @param revision as in etcd: 1 when empty, increased by each transaction that writes
 * @param compactedRevision reads below are refused; 0: nothing compacted
 * @param hash set hash of all live rows
 * @param clockMillis the log's time: the time during which there was a leader, not a date
 * @param clusterVersion decides which kinds of entries may be proposed: {@link ClusterVersion}
 */
public record MachineState(
        long index, long term, long revision, long compactedRevision, long hash, long clockMillis, int clusterVersion) {

    public static final MachineState EMPTY = new MachineState(0, 0, 1, 0, 0, 0, 0);
}
