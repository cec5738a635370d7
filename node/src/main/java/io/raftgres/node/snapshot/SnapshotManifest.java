package io.raftgres.node.snapshot;

import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.store.history.HistorySpan;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.raft.Membership;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The description of a snapshot: all of it but the rows.
 *
 * @param id random: two snapshots of the same index are divided into different chunks
 * @param clusterId 0 when the source's data belonged to no cluster
 * @param state of the source as of the snapshot
 * @param membership as of the snapshot
 * @param history bounds of the history's partitions, ascending
 */
public record SnapshotManifest(
        long id, long clusterId, StoreState state, Membership membership, List<HistorySpan> history) {

    /**
     * The format is raised when a later release sends tables or columns that earlier ones do not know. 2: leases and
     * users, which a snapshot of format 1 lacks. 3: the cluster's version. A cluster of the first version sends 2,
     * which members of the previous release can read.
     */
    private static final byte FORMAT = 3;

    private static final byte FORMAT_WITHOUT_VERSION = 2;

    private static final int MEMBERSHIP_BYTES_MAX = 1 << 20;
    private static final int SPANS_MAX = 100_000;

    public SnapshotManifest {
        history = List.copyOf(history);
        if (id == 0
                || state.appliedIndex() < 0
                || state.appliedTerm() < 0
                || state.revision() < 1
                || state.compactedRevision() < 0
                || state.compactedRevision() > state.revision()
                || history.size() > SPANS_MAX) {
            throw new IllegalArgumentException(
                    "invalid snapshot manifest: id " + id + ", " + state + ", " + history.size() + " partitions");
        }
        for (int i = 1; i < history.size(); i++) {
            if (history.get(i).from() < history.get(i - 1).to()) {
                throw new IllegalArgumentException(
                        "partitions of the history overlap: " + history.get(i - 1) + " and " + history.get(i));
            }
        }
    }

    public long index() {
        return state.appliedIndex();
    }

    public long term() {
        return state.appliedTerm();
    }

    public long revision() {
        return state.revision();
    }

    byte[] encode() {
        byte[] members = membership.encode();
        boolean versioned = state.clusterVersion() > 0;
        ByteBuffer out = ByteBuffer.allocate(1
                + (versioned ? Integer.BYTES : 0)
                + 8 * Long.BYTES
                + Integer.BYTES
                + members.length
                + Integer.BYTES
                + history.size() * 2 * Long.BYTES);
        out.put(versioned ? FORMAT : FORMAT_WITHOUT_VERSION);
        if (versioned) {
            out.putInt(state.clusterVersion());
        }
        out.putLong(id).putLong(clusterId);
        out.putLong(state.appliedIndex())
                .putLong(state.appliedTerm())
                .putLong(state.revision())
                .putLong(state.compactedRevision())
                .putLong(state.hash())
                .putLong(state.clockMillis());
        out.putInt(members.length).put(members);
        out.putInt(history.size());
        history.forEach(span -> out.putLong(span.from()).putLong(span.to()));
        return out.array();
    }

    /** @throws IllegalArgumentException when the bytes are not a manifest that this release can read */
    static SnapshotManifest decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte format = in.get();
            if (format < 1 || format > FORMAT) {
                throw new IllegalArgumentException("snapshot in unknown format " + format
                        + ": it probably comes from a member of a newer release");
            }
            int clusterVersion = format > FORMAT_WITHOUT_VERSION ? in.getInt() : 0;
            ClusterVersion.requireReadable(clusterVersion);
            long id = in.getLong();
            long clusterId = in.getLong();
            StoreState state = new StoreState(
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    in.getLong(),
                    0,
                    0,
                    clusterVersion);
            byte[] members = new byte[count(in, MEMBERSHIP_BYTES_MAX, 1)];
            in.get(members);
            int spans = count(in, SPANS_MAX, 2 * Long.BYTES);
            List<HistorySpan> history = new ArrayList<>(spans);
            for (int i = 0; i < spans; i++) {
                history.add(new HistorySpan(in.getLong(), in.getLong()));
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " surplus bytes after the manifest");
            }
            return new SnapshotManifest(id, clusterId, state, Membership.decode(members), history);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("manifest is truncated", e);
        }
    }

    private static int count(ByteBuffer in, int max, int unitBytes) {
        int count = in.getInt();
        if (count < 0 || count > max || (long) count * unitBytes > in.remaining()) {
            throw new IllegalArgumentException("manifest with an invalid count of " + Integer.toUnsignedLong(count));
        }
        return count;
    }
}
