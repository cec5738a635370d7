package io.raftgres.node;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.service.ClusterStatus;
import io.raftgres.node.snapshot.SnapshotFetcher;
import io.raftgres.node.snapshot.SnapshotOptions;
import io.raftgres.node.snapshot.SnapshotServer;
import io.raftgres.raft.Member;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Snapshots from and to this member: gives its own to others that ask, and fetches one when it needs it itself. */
public final class StateTransfer implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(StateTransfer.class);

    private final Consensus consensus;
    private final long self;
    private final SnapshotServer server;
    private final SnapshotFetcher fetcher;
    private final Runnable arrived;
    private final AtomicBoolean fetching = new AtomicBoolean();
    private ClusterStatus status;
    private volatile Thread thread;

    /** @param arrived told when a snapshot is there, whole and checked */
    StateTransfer(NodeConfig config, Path folder, Bootstrap bootstrap, OpenData data, Consensus consensus,
            Runnable arrived) {
        this.consensus = consensus;
        this.self = bootstrap.self().id();
        this.arrived = arrived;
        SnapshotOptions options = SnapshotOptions.standard(config.snapshotBytesPerSecond());
        this.server = new SnapshotServer(
                folder.resolve("snapshots"), data.options(), options, consensus.peers()::send, () -> !data.stateless());
        this.fetcher = new SnapshotFetcher(data.options(), options, consensus.peers()::send, this::sources);
    }
}
