package io.raftgres.node;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.peer.PeerStats;
import io.raftgres.node.service.NodeKvService;
import io.raftgres.node.service.health.Alarm;
import io.raftgres.node.store.Store;
import io.raftgres.raft.Member;
import io.raftgres.raft.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** The node's own metrics at /metrics; the REST layer has those of requests. */
@ApplicationScoped
public class NodeMetrics {

    @Inject
    MeterRegistry registry;

    @Inject
    NodeLifecycle lifecycle;

    @Inject
    NodeMemory memory;

    /** Members that have gauges. */
    private final Set<Long> peers = new HashSet<>();

    void onStart(@Observes StartupEvent event) {
        registerRaft();
        registerState();
        registerQueues();
        registerLog();
        registerLife();
        registerMemory();
        lifecycle.onStarted(this::attach);
    }

    private void registerRaft() {
        for (Role role : Role.values()) {
            Gauge.builder("raftgres.raft.role", lifecycle, l -> of(l, n -> view(n).role() == role ? 1 : 0))
                    .tag("role", role.name().toLowerCase(Locale.ROOT))
                    .description("1 for the role that the member has")
                    .register(registry);
        }
        gauge("raftgres.raft.term", "Current term", n -> view(n).term());
        gauge("raftgres.raft.has.leader", "1 when a leader is known", n -> view(n).leader() == Member.NONE ? 0 : 1);
        gauge("raftgres.raft.commit.index", "Highest committed log index known", n -> view(n).commitIndex());
        gauge("raftgres.raft.last.index", "Last log index", n -> view(n).lastIndex());
        gauge(
                "raftgres.raft.durable.index",
                "Log index up to which this member has synced",
                n -> view(n).durableIndex());
        gauge(
                "raftgres.raft.uncommitted.bytes",
                "Bytes proposed and not committed, on the leader",
                n -> view(n).uncommittedBytes());
        counter(
                "raftgres.raft.elections",
                "Elections in which this member was a candidate",
                n -> n.consensus().meters().elections());
        counter(
                "raftgres.raft.proposals",
                "Writes proposed by this member as leader",
                n -> n.consensus().meters().proposed());
        counter(
                "raftgres.raft.proposals.refused",
                "Writes refused because of overload",
                n -> n.services().serving().map(NodeKvService::writesRefused).orElse(0L));
        gauge(
                "raftgres.members",
                "Members, learners included",
                n -> view(n).membership().members().size());
        replica("raftgres.cluster.version", "Which kinds of entries the log may hold", r -> state(r).clusterVersion());
        gauge(
                "raftgres.voters",
                "Members with a vote",
                n -> view(n).membership().voters().size());
    }

    private void registerState() {
        replica("raftgres.applied.index", "Log index applied in memory", r -> state(r).index());
        gauge(
                "raftgres.applied.lag.entries",
                "Committed entries not yet applied",
                n -> n.consensus().replica() == null
                        ? Double.NaN
                        : Math.max(
                                0,
                                view(n).commitIndex()
                                        - state(n.consensus().replica()).index()));
        replica(
                "raftgres.stored.index",
                "Log index PostgreSQL shows",
                r -> r.storeWriter().storedIndex());
        replica(
                "raftgres.stored.lag.entries",
                "Applied entries not yet in PostgreSQL",
                r -> Math.max(0, state(r).index() - r.storeWriter().storedIndex()));
        replica(
                "raftgres.flushed.index",
                "Log index PostgreSQL has flushed to its disk",
                r -> r.storeWriter().flushedIndex());
        replica("raftgres.revision", "Revision of the store", r -> state(r).revision());
        replica(
                "raftgres.compacted.revision",
                "Oldest revision that can be read; 0 when all can",
                r -> state(r).compactedRevision());
        store(
                "raftgres.history.partitions",
                "Partitions of the history",
                s -> s.history().partitions());
        store(
                "raftgres.history.bytes",
                "Bytes of the history in PostgreSQL",
                s -> s.history().bytes());
        counter(
                "raftgres.history.partitions.dropped",
                "Partitions of compacted history dropped",
                n -> n.store() == null ? Double.NaN : n.store().history().dropped());
        replica(
                "raftgres.postgres.unavailable",
                "1 while PostgreSQL is unavailable",
                r -> r.storeWriter().isUnavailable() ? 1 : 0);
        replica(
                "raftgres.cache.rows",
                "Rows in memory",
                r -> r.applier().progress().cachedRows());
        replica(
                "raftgres.cache.bytes",
                "Bytes of rows in memory",
                r -> r.applier().progress().cachedBytes());
    }

    private void registerQueues() {
        queue("raft.inputs", n -> n.consensus().raft().waitingInputs());
        counter(
                "raftgres.raft.messages.dropped",
                "Messages of other members dropped because the queue was full",
                n -> n.consensus().meters().messagesDropped());
        queue("raft.writes", n -> n.consensus().raft().waitingWrites());
        queue("raft.reads", n -> n.consensus().raft().waitingReads());
        queue(
                "apply",
                n -> n.consensus().replica() == null
                        ? 0
                        : n.consensus().replica().applier().waitingWork());
        gauge(
                "raftgres.log.queued.bytes",
                "Bytes that wait for the log",
                n -> n.consensus().logWriter().queuedBytes());
        replica(
                "raftgres.store.kept.bytes",
                "Bytes kept until PostgreSQL has flushed them",
                r -> r.storeWriter().keptBytes());
        serving("raftgres.writes.in.flight", "Writes in flight on this node", NodeKvService::writesInFlight);
        queue(
                "writes.without.leader",
                n -> n.services()
                        .serving()
                        .map(NodeKvService::writesWithoutLeader)
                        .orElse(0));
        serving("raftgres.reads.in.flight", "Point reads in flight on this node", NodeKvService::readsInFlight);
        serving("raftgres.watches.open", "Watches open on this node", NodeKvService::openWatches);
        counter(
                "raftgres.watches.failures",
                "Times that all watches of this node have failed and restarted",
                n -> n.services().serving().map(NodeKvService::watchFailures).orElse(0L));
        serving("raftgres.watches.behind", "Watches that are not up to date", NodeKvService::watchesBehind);
    }

    private void registerMemory() {
        for (Share share : Share.values()) {
            if (share.isCounted()) {
                Gauge.builder("raftgres.memory.bytes", memory, m -> m.used(share))
                        .tag("share", share.text())
                        .description("Bytes that this share of the process's memory holds")
                        .register(registry);
            }
            Gauge.builder("raftgres.memory.limit.bytes", memory, m -> m.limit(share))
                    .tag("share", share.text())
                    .description("Bytes that this share of the process's memory may hold")
                    .register(registry);
        }
    }

    private void registerLog() {
        gauge("raftgres.log.bytes", "Bytes of the log's segments", n -> n.log().sizeBytes());
        gauge("raftgres.log.first.index", "First index in the log", n -> n.log().firstIndex());
        gauge(
                "raftgres.log.space",
                "Space for further log segments: 2 enough, 1 only the reserve, 0 none",
                n -> switch (n.log().space()) {
                    case OK -> 2;
                    case LOW -> 1;
                    case FULL -> 0;
                });
    }

    private void registerLife() {
        gauge(
                "raftgres.serving",
                "1 when this member has state and serves it, 0 while it is rebuilt",
                n -> n.consensus().replica() == null ? 0 : 1);
        Gauge.builder("raftgres.removed", lifecycle, l -> l.removed() == null ? 0 : 1)
                .description("1 when the cluster has removed this member")
                .register(registry);
        FunctionCounter.builder("raftgres.rebuilds", lifecycle, NodeLifecycle::rebuilds)
                .description("Times that this process discarded its state or its identity")
                .register(registry);
        counter(
                "raftgres.scrubs",
                "Comparisons of the rows with the log's hash",
                n -> n.services().scrubs());
        counter(
                "raftgres.corruptions",
                "Times that this member's state differed from other members or its own rows",
                n -> n.services().differences());
        gauge(
                "raftgres.snapshot.received.bytes",
                "Bytes received of the snapshot in progress, or of the latest one",
                n -> n.transfer().receivedBytes());
        gauge(
                "raftgres.snapshots.sent",
                "Snapshots sent to other members",
                n -> n.transfer().sent());
        for (Alarm alarm : Alarm.values()) {
            Gauge.builder(
                            "raftgres.alarm",
                            lifecycle,
                            l -> of(l, n -> n.services().alarms().has(alarm) ? 1 : 0))
                    .tag("alarm", alarm.text())
                    .description("1 while the alarm is raised")
                    .register(registry);
        }
    }

    /** The parts that each run of the node creates again. */
    private void attach(RunningNode node) {
        Timer sync = Timer.builder("raftgres.log.sync")
                .description("Duration of the log's fdatasync")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500))
                .register(registry);
        DistributionSummary appends = DistributionSummary.builder("raftgres.log.group.appends")
                .description("Appends made durable by one sync")
                .register(registry);
        Counter bytes = Counter.builder("raftgres.log.written.bytes")
                .description("Bytes written to the log")
                .register(registry);
        Timer etcdsSync = EtcdMetrics.syncs(registry);
        node.consensus()
                .meters()
                .attach(
                        nanos -> {
                            sync.record(nanos, TimeUnit.NANOSECONDS);
                            etcdsSync.record(nanos, TimeUnit.NANOSECONDS);
                        },
                        (count, size) -> {
                            appends.record(count);
                            bytes.increment(size);
                        });
        if (node.consensus().replica() != null) {
            Timer commits = EtcdMetrics.commits(registry);
            node.consensus().replica().storeWriter().measure(nanos -> commits.record(nanos, TimeUnit.NANOSECONDS));
        }
        node.onMembership(() -> registerPeers(node));
        registerPeers(node);
    }

    private synchronized void registerPeers(RunningNode node) {
        for (Member member : view(node).membership().members()) {
            if (member.id() != node.self().id() && peers.add(member.id())) {
                registerPeer(member);
            }
        }
    }

    private void registerPeer(Member member) {
        peer(member, "raftgres.peer.connected", "1 when frames can be sent to the peer", s -> s.connected() ? 1 : 0);
        peer(member, "raftgres.peer.round.trip.seconds", "Latest round trip of a ping", s -> s.roundTripNanos() / 1e9);
        peer(member, "raftgres.peer.queued.bytes", "Bytes that wait for the peer", PeerStats::queuedBytes);
        peer(member, "raftgres.peer.sent.bytes", "Bytes sent to the peer", PeerStats::sentBytes);
        peer(member, "raftgres.peer.received.bytes", "Bytes received from the peer", PeerStats::receivedBytes);
        etcdsPeer(member, "etcd.network.peer.sent.bytes", "To", "Bytes sent to the peer", PeerStats::sentBytes);
        etcdsPeer(
                member,
                "etcd.network.peer.received.bytes",
                "From",
                "Bytes received from the peer",
                PeerStats::receivedBytes);
        peer(member, "raftgres.peer.dropped.frames", "Frames dropped before sending", PeerStats::droppedFrames);
        peer(member, "raftgres.peer.reconnects", "Connections made after the first", PeerStats::reconnects);
    }

    private void peer(Member member, String name, String what, ToDoubleFunction<PeerStats> value) {
        // Several members, one after the other, may have had the same name.
        Gauge.builder(name, lifecycle, l -> of(l, n -> value.applyAsDouble(n.peer(member.id()))))
                .tag("peer", member.name())
                .tag("id", Long.toHexString(member.id()))
                .description(what)
                .register(registry);
    }

    /** Under etcd's name, with its label. */
    private void etcdsPeer(Member member, String name, String label, String what, ToDoubleFunction<PeerStats> value) {
        FunctionCounter.builder(name, lifecycle, l -> of(l, n -> value.applyAsDouble(n.peer(member.id()))))
                .tag(label, Long.toHexString(member.id()))
                .description(what)
                .register(registry);
    }

    private void queue(String name, ToDoubleFunction<RunningNode> depth) {
        Gauge.builder("raftgres.queue.depth", lifecycle, l -> of(l, depth))
                .tag("queue", name)
                .description("Tasks and bytes that wait for a thread")
                .register(registry);
    }

    private void gauge(String name, String what, ToDoubleFunction<RunningNode> value) {
        Gauge.builder(name, lifecycle, l -> of(l, value)).description(what).register(registry);
    }

    private void replica(String name, String what, ToDoubleFunction<Replica> value) {
        gauge(
                name,
                what,
                n -> n.consensus().replica() == null
                        ? Double.NaN
                        : value.applyAsDouble(n.consensus().replica()));
    }

    private void store(String name, String what, ToDoubleFunction<Store> value) {
        gauge(name, what, n -> n.store() == null ? Double.NaN : value.applyAsDouble(n.store()));
    }

    private void serving(String name, String what, ToDoubleFunction<NodeKvService> value) {
        gauge(name, what, n -> n.services().serving().map(value::applyAsDouble).orElse(Double.NaN));
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

    private static MachineState state(Replica replica) {
        return replica.applier().progress().state();
    }
}
