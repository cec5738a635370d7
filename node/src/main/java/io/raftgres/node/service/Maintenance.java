package io.raftgres.node.service;

import java.time.Duration;

/**
 * What an operator asks of one node's data as a whole. Blocks; call it on a virtual thread. Fails as KvService does.
 */
public interface Maintenance {

    /** @param bytes on disk; @param inUse without what could be used again; both as of some seconds ago */
    record Size(long bytes, long inUse) {}

    /** @return never fails: as it was last heard, 0 before */
    Size size();

    /**
     * @param compactedRevision oldest revision that can be asked for; 0: nothing is compacted
     * @param current the newest revision at that time
     */
    record RevisionHash(int hash, long revision, long compactedRevision, long current) {}

    /**
     * A hash of what is read at a revision; equal on all members, and before and after a compaction at that revision.
     *
     * @param revision 0: the current one
     */
    RevisionHash hash(long revision, Duration timeout);

    /** Takes a snapshot, piece by piece; may wait as long as it likes. */
    interface SnapshotSink {
        /** @param remaining bytes that follow, without the hash at the end */
        void piece(byte[] bytes, long remaining) throws InterruptedException;
    }

    /** All of the data as of one log index, as the bytes of a file that can be restored. */
    void snapshot(SnapshotSink sink);

    /** Gives the space of rows that are gone to new ones. */
    void vacuum();
}
