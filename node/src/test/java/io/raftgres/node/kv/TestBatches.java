package io.raftgres.node.kv;

import io.raftgres.raft.Membership;
import java.util.List;

/** Batches of tests that change only rows, or the membership, in a cluster of the first version. */
public final class TestBatches {
    private TestBatches() {}

    public static AppliedBatch of(
            long index,
            long term,
            long revision,
            long compactedRevision,
            long hash,
            long clockMillis,
            List<Change> changes,
            byte[] tokens,
            long tokensExpiredMillis) {
        return of(
                index,
                term,
                revision,
                compactedRevision,
                hash,
                clockMillis,
                changes,
                tokens,
                tokensExpiredMillis,
                null);
    }

    public static AppliedBatch of(
            long index,
            long term,
            long revision,
            long compactedRevision,
            long hash,
            long clockMillis,
            List<Change> changes,
            byte[] tokens,
            long tokensExpiredMillis,
            Membership membership) {
        return new AppliedBatch(
                index,
                term,
                revision,
                compactedRevision,
                hash,
                clockMillis,
                changes,
                tokens,
                tokensExpiredMillis,
                membership,
                List.of(),
                List.of(),
                0);
    }
}
