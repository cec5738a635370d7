package io.raftgres.node;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.service.Maintenance;
import io.raftgres.node.service.NodeKvService;
import io.raftgres.raft.Member;
import io.raftgres.raft.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The node's figures under etcd's metric names, for dashboards and alerts that were made for etcd. */
@ApplicationScoped
public class EtcdMetrics {

    /** etcd's, in milliseconds: 1 to 8,192. */
    private static final Duration[] SYNC_BUCKETS =
            IntStream.range(0, 14).mapToObj(i -> Duration.ofMillis(1L << i)).toArray(Duration[]::new);

    @Inject
    MeterRegistry registry;

    @Inject
    NodeLifecycle lifecycle;

    void onStart(@Observes StartupEvent event) {
        gauge("etcd.server.has.leader", "1 when a leader is known", n -> view(n).leader() == Member.NONE ? 0 : 1);
        gauge("etcd.server.is.leader", "1 when this member leads", n -> view(n).leads() ? 1 : 0);
        gauge("etcd.server.is.learner", "1 when this member is a learner", n -> view(n).role() == Role.LEARNER ? 1 : 0);
        counter(
                "etcd.server.leader.changes.seen",
                "Leader changes that this member has seen",
                n -> n.services().status().leaderChanges());
        counter("etcd.server.proposals.committed", "Highest committed log index known", n -> view(n).commitIndex());
        counter(
                "etcd.server.proposals.applied",
                "Log index applied in memory",
                n -> replica(n, r -> r.applier().progress().state().index()));
        gauge(
                "etcd.server.proposals.pending",
                "Writes in flight on this node",
                n -> n.services().serving().map(NodeKvService::writesInFlight).orElse(0));
        counter(
                "etcd.server.proposals.failed",
                "Writes refused because of overload",
                n -> n.services().serving().map(NodeKvService::writesRefused).orElse(0L));
        gauge(
                "etcd.mvcc.db.total.size.in.bytes",
                "Bytes of the schema in PostgreSQL",
                n -> size(n, Maintenance.Size::bytes));
        gauge(
                "etcd.mvcc.db.total.size.in.use.in.bytes",
                "Bytes of it without dead rows, estimated",
                n -> size(n, Maintenance.Size::inUse));
        gauge(
                "etcd.debugging.mvcc.current.revision",
                "Revision of the store",
                n -> replica(n, r -> r.applier().progress().state().revision()));
        gauge(
                "etcd.debugging.mvcc.compact.revision",
                "Oldest revision that can be read",
                n -> replica(n, r -> r.applier().progress().state().compactedRevision()));
        gauge(
                "etcd.debugging.mvcc.watcher.total",
                "Watches open on this node",
                n -> n.services().serving().map(NodeKvService::openWatches).orElse(0));
        gauge(
                "etcd.debugging.mvcc.slow.watcher.total",
                "Watches on this node that are not up to date",
                n -> n.services().serving().map(NodeKvService::watchesBehind).orElse(0));
        ProcessMetrics.register(registry);
    }

    /** @return a histogram with etcd's buckets of the log's syncs */
    static Timer syncs(MeterRegistry registry) {
        return Timer.builder("etcd.disk.wal.fsync.duration")
                .description("Duration of the log's fdatasync")
                .serviceLevelObjectives(SYNC_BUCKETS)
                .register(registry);
    }

    /** @return a histogram, with etcd's buckets, of the durations of PostgreSQL's transactions */
    static Timer commits(MeterRegistry registry) {
        return Timer.builder("etcd.disk.backend.commit.duration")
                .description("Duration of PostgreSQL's transactions")
                .serviceLevelObjectives(SYNC_BUCKETS)
                .register(registry);
    }

    private static double replica(RunningNode node, ToDoubleFunction<Replica> value) {
        Replica replica = node.consensus().replica();
        return replica == null ? Double.NaN : value.applyAsDouble(replica);
    }

    private static double size(RunningNode node, ToDoubleFunction<Maintenance.Size> value) {
        return node.services()
                .serving()
                .map(serving -> value.applyAsDouble(serving.maintenance().size()))
                .orElse(Double.NaN);
    }

    private void gauge(String name, String what, ToDoubleFunction<RunningNode> value) {
        Gauge.builder(name, lifecycle, l -> of(l, value)).description(what).register(registry);
    }

    private void counter(String name, String what, ToDoubleFunction<RunningNode> value) {
        FunctionCounter.builder(name, lifecycle, l -> of(l, value))
                .description(what)
                .register(registry);
    }

    /** @return NaN while no node runs in the process */
    private static double of(NodeLifecycle lifecycle, ToDoubleFunction<RunningNode> value) {
        RunningNode node = lifecycle.node();
        return node == null ? Double.NaN : value.applyAsDouble(node);
    }

    private static ConsensusView view(RunningNode node) {
        return node.consensus().raft().view();
    }
}
