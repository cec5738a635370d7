package io.raftgres.node.service;

import java.time.Duration;

/**
 * Operations of administrators on all data of one node. They block; call them on a virtual thread. They fail as
 * KvService does.
 */
public interface Maintenance {

    /**
     * @param bytes size on disk, some seconds ago
     * @param inUse the same without reusable space
     */
    record Size(long bytes, long inUse) {}

    /** @return the last known size, 0 before the first one; never fails */
    Size size();

    /**
     * @param compactedRevision oldest revision that can be read; 0: nothing is compacted
     * @param current the store's revision at that time
     */
    record RevisionHash(int hash, long revision, long compactedRevision, long current) {}

    /**
     * Hashes the rows visible at a revision. The hash is equal on all members, and before and after a compaction at
     * that revision.
     *
     * @param revision 0: the current one
     */
    RevisionHash hash(long revision, Duration timeout);

    /** Receives a snapshot in pieces. It may block for any time. */
    interface SnapshotSink {
        /** @param remaining number of bytes that follow, without the hash at the end */
        void piece(byte[] bytes, long remaining) throws InterruptedException;
    }

    /** All of the data as of one log index, as the bytes of a file that can be restored. */
    void snapshot(SnapshotSink sink);

    /** Makes the space of deleted rows reusable (VACUUM). */
    void vacuum();
}
