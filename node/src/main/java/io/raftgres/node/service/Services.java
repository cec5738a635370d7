package io.raftgres.node.service;

import io.netty.util.HashedWheelTimer;
import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusListener;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.store.Store;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** The service layer of a running node, wired to its consensus. */
public final class Services implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Services.class);
    private static final int READS_PER_WRITE = 4;
    private static final long RETENTION_MILLIS = 1_000;
    private static final Duration COMPACT_TIMEOUT = Duration.ofSeconds(5);

    private final NodeKvService kv;
    private final HashedWheelTimer timer;

    private Services(NodeKvService kv, HashedWheelTimer timer) {
        this.kv = kv;
        this.timer = timer;
    }

    public static Services start(
            NodeConfig config, Bootstrap bootstrap, String version, Consensus consensus, Store store) {
        HashedWheelTimer timer = new HashedWheelTimer(
                Thread.ofPlatform().name("deadlines-" + config.name()).daemon().factory(), 10, TimeUnit.MILLISECONDS);
        long self = bootstrap.self().id();
        MissReader misses = new MissReader(store);
        WriteRouter writes = new WriteRouter(consensus.raft(), consensus.peers(), timer,
                new WriteRouter.WriteLimits(config.maxWritesUnderWay(), config.maxWriteBytesUnderWay()));
        ReadPath reads = new ReadPath(consensus.raft(), consensus.applier(), consensus.cache(), misses, timer,
                READS_PER_WRITE * config.maxWritesUnderWay());
        ClusterStatus status = new ClusterStatus(bootstrap.clusterId(), self, version, consensus.raft(),
                consensus.applier(), consensus.storeWriter(), consensus.peers());
        NodeKvService kv = new NodeKvService(writes, reads, consensus.applier(), consensus.storeWriter(), store,
                consensus.events(), status, misses);
        consensus.listen(new Listener(writes, status));
        Services services = new Services(kv, timer);
        services.tellStatus(status);
        HistoryRetention retention = new HistoryRetention(config.historyRevisions(), config.historyTime());
        if (!retention.keepsAll()) {
            services.compact(retention, consensus);
        }
        store.startDropping();
        return services;
    }

    private void compact(HistoryRetention retention, Consensus consensus) {
        timer.newTimeout(timeout -> {
            MachineState state = consensus.applier().progress().state();
            long revision = retention.next(System.nanoTime(), state.revision(), state.compactedRevision());
            if (revision > 0 && consensus.raft().view().leads()) {
                kv.compact(null, revision, COMPACT_TIMEOUT).whenComplete((done, why) -> {
                    if (why == null) {
                        LOG.infof("history is compacted at revision %d", done.compactedRevision());
                    } else {
                        LOG.debugf("history is not compacted at revision %d: %s", revision, why.getMessage());
                    }
                });
            }
            if (!timeout.isCancelled()) {
                compact(retention, consensus);
            }
        }, RETENTION_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void tellStatus(ClusterStatus status) {
        timer.newTimeout(timeout -> {
            status.tell();
            if (!timeout.isCancelled()) {
                tellStatus(status);
            }
        }, ClusterStatus.TELL_MILLIS, TimeUnit.MILLISECONDS);
    }

    public NodeKvService kv() {
        return kv;
    }

    @Override
    public void close() {
        kv.close();
        timer.stop();
    }

    private record Listener(WriteRouter writes, ClusterStatus status) implements ConsensusListener {
        @Override
        public void leaderChanged(long leader) {
            writes.leaderChanged();
        }

        @Override
        public void received(long from, Frame.ForwardRequest request) {
            writes.received(from, request);
        }

        @Override
        public void received(Frame.ForwardResponse response) {
            writes.received(response);
        }

        @Override
        public void received(long from, Frame.NodeStatus frame) {
            status.received(from, frame);
        }

        @Override
        public void unreachable(long member) {
            writes.unreachable(member);
        }
    }
}
