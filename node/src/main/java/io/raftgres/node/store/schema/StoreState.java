package io.raftgres.node.store.schema;

import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.kv.MachineState;

/**
 * PostgreSQL's one-row state table, committed together with the rows that it describes.
 *
 * @param appliedIndex last log index whose changes PostgreSQL has; 0: none
 * @param revision 1: empty
 * @param compactedRevision reads below are refused; 0: nothing compacted
 * @param hash set hash of the live rows: {@link io.raftgres.node.kv.RowHash}
 * @param snapshotIndex this state began as a snapshot of that log index, taken from another member; 0: it began empty
 * @param snapshotTerm term at {@code snapshotIndex}
 * @param clusterVersion {@link io.raftgres.node.kv.ClusterVersion}
 */
public record StoreState(
        long appliedIndex,
        long appliedTerm,
        long revision,
        long compactedRevision,
        long hash,
        long clockMillis,
        long snapshotIndex,
        long snapshotTerm,
        int clusterVersion) {

    /** A state that began empty, in a cluster of the first version. */
    public StoreState(
            long appliedIndex, long appliedTerm, long revision, long compactedRevision, long hash, long clockMillis) {
        this(appliedIndex, appliedTerm, revision, compactedRevision, hash, clockMillis, 0, 0, 0);
    }

    /**
     * @return the state for the state machine
     * @throws IllegalArgumentException when this release cannot read all entries that the cluster may write
     */
    public MachineState toMachine() {
        ClusterVersion.requireReadable(clusterVersion);
        return new MachineState(
                appliedIndex, appliedTerm, revision, compactedRevision, hash, clockMillis, clusterVersion);
    }
}
