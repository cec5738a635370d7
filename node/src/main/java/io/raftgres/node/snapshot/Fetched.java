package io.raftgres.node.snapshot;

import io.raftgres.raft.Membership;

/** A staged snapshot, complete and checked. */
public record Fetched(long index, long term, long revision, Membership membership) {
    static Fetched of(SnapshotManifest manifest) {
        return new Fetched(manifest.index(), manifest.term(), manifest.revision(), manifest.membership());
    }
}
