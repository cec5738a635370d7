package io.raftgres.node.service;

import io.netty.util.HashedWheelTimer;
import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusListener;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.kv.Acceptance;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.service.health.Alarms;
import io.raftgres.node.service.health.SelfCheck;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.service.lease.NodeLeases;
import io.raftgres.node.service.membership.Administration;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.membership.ClusterUpgrade;
import io.raftgres.node.service.membership.MembershipChanges;
import io.raftgres.node.service.membership.Promotion;
import io.raftgres.node.service.read.MissReader;
import io.raftgres.node.service.read.ReadPath;
import io.raftgres.node.service.write.WriteRouter;
import io.raftgres.node.snapshot.SnapshotOptions;
import io.raftgres.node.store.Store;
import io.raftgres.raft.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Creates the services of a running node and connects them to its consensus. */
public final class NodeServices implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(NodeServices.class);
    private static final int READS_PER_WRITE = 4;
    private static final long RETENTION_MILLIS = 1_000;
    private static final Duration KEEP_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration COMPACT_TIMEOUT = Duration.ofSeconds(5);

    /** The services' view of their node, and the calls by which they notify it. */
    public interface Owner {
        /**
         * Called when this member's state is wrong, and others can send a correct one.
         *
         * @param reason a sentence
         */
        void differs(String reason);

        /** @return what is wrong with this node's certificates; null when nothing is */
        String certificateProblem();

        /** @return ids of the members that have ever connected to this one */
        Set<Long> known();

        /** @return a sentence with the reason why there is no state, and the progress of its transfer */
        String rebuilding();
    }

    private final HashedWheelTimer timer;
    private final Alarms alarms = new Alarms();
    private final StatusBroadcast status;
    private final SelfCheck selfCheck;
    private final Promotion promotion;
    private final MembershipChanges changes;
    private final ClusterUpgrade upgrade;
    private final Administration admin;
    private final KvService kv;
    private final NodeKvService serving;

    private NodeServices(
            NodeConfig config,
            NodeMemory memory,
            Bootstrap bootstrap,
            String version,
            Consensus consensus,
            Store store,
            Owner owner) {
        timer = new HashedWheelTimer(
                Thread.ofPlatform().name("deadlines-" + config.name()).daemon().factory(), 10, TimeUnit.MILLISECONDS);
        long self = bootstrap.self().id();
        status = new StatusBroadcast(
                bootstrap.clusterId(),
                self,
                version,
                consensus,
                alarms,
                owner::known,
                config.name(),
                config.etcdPort());
        selfCheck = new SelfCheck(
                config, consensus, store, status, alarms, self, owner::certificateProblem, owner::differs);
        WriteRouter writes = new WriteRouter(
                consensus.raft(),
                consensus.peers(),
                timer,
                new WriteRouter.WriteLimits(config.maxWritesInFlight(), memory.account(Share.WRITES)),
                new Acceptance(config.maxKeyBytes(), config.maxValueBytes(), () -> auth(consensus)),
                selfCheck::noSpace);
        Replica replica = consensus.replica();
        upgrade = ClusterUpgrade.of(
                consensus.raft(),
                () -> Optional.ofNullable(replica)
                        .map(each -> each.applier().progress().state()),
                status,
                writes);
        changes =
                new MembershipChanges(consensus.raft(), status, self, config.electionTimeoutMillis(), upgrade::needed);
        admin = new Administration(
                consensus.raft(),
                consensus.peers(),
                status,
                changes,
                selfCheck::keep,
                () -> auth(consensus).enabled());
        serving = store == null ? null : serving(config, memory, consensus, store, writes, admin);
        kv = serving != null ? serving : new RebuildingKvService(status, admin, owner::rebuilding);
        promotion = serving == null || config.joinAs() != NodeConfig.JoinAs.VOTER
                ? null
                : new Promotion(consensus.raft(), admin, self);
        consensus.listen(new Listener(writes, status, admin, leases()));
    }

    private NodeKvService serving(
            NodeConfig config,
            NodeMemory memory,
            Consensus consensus,
            Store store,
            WriteRouter writes,
            ClusterAdmin admin) {
        Replica replica = consensus.replica();
        MissReader misses = new MissReader(store, damaged -> selfCheck.discardState(damaged.getMessage()));
        Applier applier = replica.applier();
        ReadPath reads = new ReadPath(
                consensus.raft(),
                () -> applier.progress().state(),
                applier::loaded,
                replica.cache(),
                misses,
                timer,
                READS_PER_WRITE * config.maxWritesInFlight());
        return new NodeKvService(
                writes,
                reads,
                replica,
                store,
                memory,
                status,
                misses,
                admin,
                damaged -> selfCheck.discardState(damaged.getMessage()),
                new NodeMaintenance(
                        store,
                        replica,
                        NodeConfig.snapshotDirectory(config),
                        SnapshotOptions.standard(config.snapshotBytesPerSecond())),
                leaseStore -> new NodeLeases(
                        leaseStore,
                        consensus,
                        timer,
                        minTtlSeconds(config),
                        READS_PER_WRITE * config.maxWritesInFlight()));
    }

    /** @return empty on a member without state, which never becomes leader either */
    private static AuthState auth(Consensus consensus) {
        return consensus.replica() == null
                ? AuthState.EMPTY
                : consensus.replica().auth().state();
    }

    /** The minimal time to live, as in etcd: one and a half election timeouts, in whole seconds. */
    private static long minTtlSeconds(NodeConfig config) {
        return Math.ceilDiv(3L * config.electionTimeoutMillis(), 2_000L);
    }

    /** @param store null for a member without state */
    public static NodeServices start(
            NodeConfig config,
            NodeMemory memory,
            Bootstrap bootstrap,
            String version,
            Consensus consensus,
            Store store,
            Owner owner) {
        NodeServices services = new NodeServices(config, memory, bootstrap, version, consensus, store, owner);
        services.broadcastStatus();
        services.leases().ifPresent(NodeLeases::start);
        services.selfCheck.start((member, index) -> services.admin.askToKeep(member, index, KEEP_TIMEOUT));
        services.upgrade.start(services.changes);
        if (services.promotion != null) {
            services.promotion.start();
        }
        if (store != null) {
            store.startDropping();
            HistoryRetention retention = new HistoryRetention(config.historyRevisions(), config.historyTime());
            if (!retention.keepsAll()) {
                services.compact(retention, consensus);
            }
        }
        return services;
    }

    private Optional<NodeLeases> leases() {
        return Optional.ofNullable(serving).map(NodeKvService::leases);
    }

    private void compact(HistoryRetention retention, Consensus consensus) {
        timer.newTimeout(
                timeout -> {
                    MachineState state =
                            consensus.replica().applier().progress().state();
                    long revision = retention.next(System.nanoTime(), state.revision(), state.compactedRevision());
                    if (revision > 0 && consensus.raft().view().leads()) {
                        serving.compact(null, revision, COMPACT_TIMEOUT).whenComplete((done, why) -> {
                            if (why == null) {
                                LOG.infof("the history is compacted at revision %d", done.compactedRevision());
                            } else {
                                LOG.debugf(
                                        "the history could not be compacted at revision %d:" + " %s",
                                        revision, why.getMessage());
                            }
                        });
                    }
                    if (!timeout.isCancelled()) {
                        compact(retention, consensus);
                    }
                },
                RETENTION_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void broadcastStatus() {
        timer.newTimeout(
                timeout -> {
                    status.broadcast();
                    if (!timeout.isCancelled()) {
                        broadcastStatus();
                    }
                },
                StatusBroadcast.TELL_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    public KvService kv() {
        return kv;
    }

    /** @return empty for a member without state */
    public Optional<NodeKvService> serving() {
        return Optional.ofNullable(serving);
    }

    public StatusBroadcast status() {
        return status;
    }

    public Alarms alarms() {
        return alarms;
    }

    /** @return number of comparisons of the rows with the log's hash */
    public long scrubs() {
        return selfCheck.scrubs();
    }

    /** @return number of times that this member differed from others or from its own rows */
    public long differences() {
        return selfCheck.differences();
    }

    @Override
    public void close() {
        selfCheck.close();
        upgrade.close();
        if (promotion != null) {
            promotion.close();
        }
        if (serving != null) {
            serving.close();
        }
        timer.stop();
    }

    /** @param leases empty for a member without state */
    private record Listener(
            WriteRouter writes, StatusBroadcast status, Administration admin, Optional<NodeLeases> leases)
            implements ConsensusListener {
        @Override
        public void leaderChanged(long leader) {
            leases.ifPresent(NodeLeases::leaderChanged);
            writes.leaderChanged();
            if (leader != Member.NONE) {
                status.leaderCame();
                // The other members need not wait half a second for the new leader and its figures.
                Thread.ofVirtual().name("status").start(status::broadcast);
            }
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
        public void received(long from, Frame.AdminRequest request) {
            admin.received(from, request);
        }

        @Override
        public void received(Frame.AdminResponse response) {
            admin.received(response);
        }

        @Override
        public void received(long from, Frame.LeaseRequest request) {
            if (leases.isPresent()) {
                leases.get().received(from, request);
            }
        }

        @Override
        public void received(Frame.LeaseResponse response) {
            leases.ifPresent(each -> each.received(response));
        }

        @Override
        public void received(long from, Frame.NodeStatus frame) {
            status.received(from, frame);
        }

        @Override
        public void unreachable(long member) {
            writes.unreachable(member);
            admin.unreachable(member);
            leases.ifPresent(each -> each.unreachable(member));
        }
    }
}
