package io.raftgres.node;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.log.LogIdentity;
import io.raftgres.node.log.LogOptions;
import io.raftgres.node.log.RaftLog;
import io.raftgres.node.peer.PeerStats;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.postgres.PostgresOptions;
import io.raftgres.node.recovery.RecoveryPlan;
import io.raftgres.node.service.ClusterView;
import io.raftgres.node.service.NodeKvService;
import io.raftgres.node.service.Services;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreOptions;
import io.raftgres.raft.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Everything that a node consists of, started in order and stopped in the opposite one. */
public final class RunningNode implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunningNode.class);
    private static final long HAND_OVER_MILLIS = 3_000;

    private final Bootstrap bootstrap;
    private final EmbeddedPostgres postgres;
    private final Store store;
    private final RaftLog log;
    private final Consensus consensus;
    private final Services services;

    private RunningNode(
            Bootstrap bootstrap,
            EmbeddedPostgres postgres,
            Store store,
            RaftLog log,
            Consensus consensus,
            Services services) {
        this.bootstrap = bootstrap;
        this.postgres = postgres;
        this.store = store;
        this.log = log;
        this.consensus = consensus;
        this.services = services;
    }

    /**
     * Blocks until the node takes part in its cluster.
     *
     * @param failed called once when the node cannot go on: its disk, its log or its state is not to be trusted
     * @throws IOException when its data cannot be opened; the message says which and what to do
     */
    public static RunningNode start(NodeConfig config, String version, Consumer<Throwable> failed)
            throws IOException, InterruptedException {
        Bootstrap bootstrap = Bootstrap.of(config);
        Path folder = config.dataDir().toAbsolutePath();
        Files.createDirectories(folder);
        RecoveryPlan.requireNone(folder);
        Opened opened = new Opened();
        try {
            // The log is read through while PostgreSQL starts.
            FutureTask<RaftLog> log = new FutureTask<>(() -> RaftLog.open(folder.resolve("log"),
                    new LogIdentity(bootstrap.clusterId(), bootstrap.self().id()), bootstrap.membership(),
                    logOptions(config)));
            Thread.ofPlatform().name("open-log-" + config.name()).start(log);
            StoreOptions storeOptions;
            if (config.postgres().url().isPresent()) {
                storeOptions = StoreOptions.of(config.postgres().url().get(), config.postgres().user(),
                        config.postgres().password().orElse(""));
            } else {
                opened.postgres = EmbeddedPostgres.start(PostgresOptions.of(
                        folder.resolve("postgres").resolve("data"), config.postgres().port(), postgresCache()));
                storeOptions = StoreOptions.of(
                        opened.postgres.jdbcUrl(), opened.postgres.user(), opened.postgres.password());
            }
            opened.store = Store.open(storeOptions);
            opened.store.bind(bootstrap.clusterId(), bootstrap.self().id());
            opened.log = result(log);
            opened.consensus = Consensus.start(config, bootstrap, opened.log, opened.store, failed);
            Services services = Services.start(config, bootstrap, version, opened.consensus, opened.store);
            return new RunningNode(
                    bootstrap, opened.postgres, opened.store, opened.log, opened.consensus, services);
        } catch (IOException | InterruptedException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static RaftLog result(FutureTask<RaftLog> log) throws IOException, InterruptedException {
        try {
            return log.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        }
    }

    /** What has been opened so far by a start that may fail. */
    private static final class Opened {
        private RaftLog log;
        private EmbeddedPostgres postgres;
        private Store store;
        private Consensus consensus;

        void close() {
            RunningNode.close(consensus, store, log, postgres);
        }
    }

    private static LogOptions logOptions(NodeConfig config) {
        LogOptions standard = LogOptions.standard();
        return new LogOptions(config.segmentBytes(), standard.spareSegments(), standard.bufferBytes());
    }

    private static Path postgresCache() {
        return Path.of(System.getProperty("user.home"), ".cache", "raftgres");
    }

    public NodeKvService kv() {
        return services.kv();
    }

    public Consensus consensus() {
        return consensus;
    }

    public RaftLog log() {
        return log;
    }

    public Store store() {
        return store;
    }

    public Member self() {
        return bootstrap.self();
    }

    public PeerStats peer(long member) {
        return consensus.peers().stats(member);
    }

    /** Hands leadership over when it has it, then stops; what is not yet in PostgreSQL is in the log. */
    @Override
    public void close() {
        handOver();
        services.close();
        close(consensus, store, log, postgres);
    }

    private void handOver() {
        ConsensusView view = consensus.raft().view();
        if (!view.leads()) {
            return;
        }
        ClusterView cluster = services.kv().cluster();
        cluster.members().stream()
                .filter(member -> member.voter() && !member.id().equals(cluster.self()))
                .filter(member -> member.role().equals("follower"))
                .max(Comparator.comparingLong(ClusterView.MemberView::appliedIndex))
                .ifPresent(target -> {
                    LOG.infof("handing leadership over to %s", target.name());
                    consensus.raft().transferLeadership(Long.parseUnsignedLong(target.id(), 16));
                    awaitFollowing();
                });
    }

    private void awaitFollowing() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(HAND_OVER_MILLIS);
        while (consensus.raft().view().leads() && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static void close(AutoCloseable... parts) {
        for (AutoCloseable part : parts) {
            if (part != null) {
                try {
                    part.close();
                } catch (Exception e) {
                    LOG.warnf(e, "closing %s failed", part.getClass().getSimpleName());
                }
            }
        }
    }
}
