package io.raftgres.node;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.peer.PeerStats;
import io.raftgres.raft.Member;
import io.raftgres.raft.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** The node's own figures at /metrics; those of requests are the REST layer's. */
@ApplicationScoped
public class NodeMetrics {

    @Inject
    MeterRegistry registry;

    @Inject
    NodeLifecycle lifecycle;

    void onStart(@Observes StartupEvent event) {
        lifecycle.onStarted(this::register);
    }

    private void register(RunningNode node) {
        registerRaft(node);
        registerState(node);
        registerQueues(node);
        registerLog(node);
        for (Member member : node.consensus().raft().view().membership().members()) {
            if (member.id() != node.self().id()) {
                registerPeer(node, member);
            }
        }
    }

    private void registerRaft(RunningNode node) {
        for (Role role : Role.values()) {
            Gauge.builder("raftgres.raft.role", node, n -> view(n).role() == role ? 1 : 0)
                    .tag("role", role.name().toLowerCase(Locale.ROOT))
                    .description("1 for the role that the member has").register(registry);
        }
        gauge(node, "raftgres.raft.term", "Current term", n -> view(n).term());
        gauge(node, "raftgres.raft.has.leader", "1 when a leader is known", n -> view(n).leader() == Member.NONE ? 0 : 1);
        gauge(node, "raftgres.raft.commit.index", "Highest committed log index known", n -> view(n).commitIndex());
        gauge(node, "raftgres.raft.last.index", "Last log index", n -> view(n).lastIndex());
        gauge(node, "raftgres.raft.durable.index", "Log index up to which this member has synced",
                n -> view(n).durableIndex());
        gauge(node, "raftgres.raft.uncommitted.bytes", "Bytes proposed and not committed, on the leader",
                n -> view(n).uncommittedBytes());
        FunctionCounter.builder("raftgres.raft.elections", node, n -> n.consensus().meters().elections())
                .description("Elections this member has stood in").register(registry);
        FunctionCounter.builder("raftgres.raft.proposals", node, n -> n.consensus().meters().proposed())
                .description("Writes proposed by this member as leader").register(registry);
        FunctionCounter.builder("raftgres.raft.proposals.refused", node, n -> n.kv().writesRefused())
                .description("Writes refused as overloaded").register(registry);
    }

    private void registerState(RunningNode node) {
        gauge(node, "raftgres.applied.index", "Log index applied in memory", n -> state(n).index());
        gauge(node, "raftgres.applied.lag.entries", "Committed entries not yet applied",
                n -> Math.max(0, view(n).commitIndex() - state(n).index()));
        gauge(node, "raftgres.stored.index", "Log index PostgreSQL shows", n -> n.consensus().storeWriter().storedIndex());
        gauge(node, "raftgres.stored.lag.entries", "Applied entries not yet in PostgreSQL",
                n -> Math.max(0, state(n).index() - n.consensus().storeWriter().storedIndex()));
        gauge(node, "raftgres.flushed.index", "Log index PostgreSQL has flushed to its disk",
                n -> n.consensus().storeWriter().flushedIndex());
        gauge(node, "raftgres.revision", "Revision of the store", n -> state(n).revision());
        gauge(node, "raftgres.compacted.revision", "Oldest revision that can be read; 0 when all can",
                n -> state(n).compactedRevision());
        gauge(node, "raftgres.history.partitions", "Partitions of the history", n -> n.store().history().partitions());
        gauge(node, "raftgres.history.bytes", "Bytes of the history in PostgreSQL", n -> n.store().history().bytes());
        FunctionCounter.builder("raftgres.history.partitions.dropped", node, n -> n.store().history().dropped())
                .description("Partitions of compacted history dropped").register(registry);
        gauge(node, "raftgres.store.away", "1 while PostgreSQL does not answer",
                n -> n.consensus().storeWriter().isAway() ? 1 : 0);
        gauge(node, "raftgres.cache.rows", "Rows in memory", n -> n.consensus().applier().progress().cachedRows());
        gauge(node, "raftgres.cache.bytes", "Bytes of rows in memory",
                n -> n.consensus().applier().progress().cachedBytes());
    }

    private void registerQueues(RunningNode node) {
        queue(node, "raft.inputs", n -> n.consensus().raft().waitingInputs());
        queue(node, "raft.writes", n -> n.consensus().raft().waitingWrites());
        queue(node, "raft.reads", n -> n.consensus().raft().waitingReads());
        queue(node, "apply", n -> n.consensus().applier().waitingWork());
        gauge(node, "raftgres.log.queued.bytes", "Bytes that wait for the log",
                n -> n.consensus().logWriter().queuedBytes());
        gauge(node, "raftgres.store.kept.bytes", "Bytes kept until PostgreSQL has flushed them",
                n -> n.consensus().storeWriter().keptBytes());
        gauge(node, "raftgres.writes.under.way", "Writes under way on this node", n -> n.kv().writesUnderWay());
        queue(node, "writes.without.leader", n -> n.kv().writesWithoutLeader());
        gauge(node, "raftgres.reads.under.way", "Point reads under way on this node", n -> n.kv().readsUnderWay());
        gauge(node, "raftgres.watches.open", "Watches open on this node", n -> n.kv().openWatches());
    }

    private void registerLog(RunningNode node) {
        gauge(node, "raftgres.log.bytes", "Bytes of the log's segments", n -> n.log().sizeBytes());
        gauge(node, "raftgres.log.first.index", "First index in the log", n -> n.log().firstIndex());
        Timer sync = Timer.builder("raftgres.log.sync").description("Duration of the log's fdatasync")
                .serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofMillis(20),
                        Duration.ofMillis(100), Duration.ofMillis(500))
                .register(registry);
        DistributionSummary appends = DistributionSummary.builder("raftgres.log.group.appends")
                .description("Appends made durable by one sync").register(registry);
        Counter bytes = Counter.builder("raftgres.log.written.bytes").description("Bytes written to the log")
                .register(registry);
        node.consensus().meters().attach(nanos -> sync.record(nanos, TimeUnit.NANOSECONDS), (count, size) -> {
            appends.record(count);
            bytes.increment(size);
        });
    }

    private void registerPeer(RunningNode node, Member member) {
        peer(node, member, "raftgres.peer.connected", "1 when frames can be sent to the peer", s -> s.connected() ? 1 : 0);
        peer(node, member, "raftgres.peer.round.trip.seconds", "Latest round trip of a ping",
                s -> s.roundTripNanos() / 1e9);
        peer(node, member, "raftgres.peer.queued.bytes", "Bytes that wait for the peer", PeerStats::queuedBytes);
        peer(node, member, "raftgres.peer.sent.bytes", "Bytes sent to the peer", PeerStats::sentBytes);
        peer(node, member, "raftgres.peer.received.bytes", "Bytes received from the peer", PeerStats::receivedBytes);
        peer(node, member, "raftgres.peer.dropped.frames", "Frames dropped before sending", PeerStats::droppedFrames);
        peer(node, member, "raftgres.peer.reconnects", "Connections made after the first", PeerStats::reconnects);
    }

    private void peer(RunningNode node, Member member, String name, String what, ToDoubleFunction<PeerStats> value) {
        Gauge.builder(name, node, n -> value.applyAsDouble(n.peer(member.id())))
                .tag("peer", member.name()).description(what).register(registry);
    }

    private void queue(RunningNode node, String name, ToDoubleFunction<RunningNode> depth) {
        Gauge.builder("raftgres.queue.depth", node, depth).tag("queue", name)
                .description("What waits for a thread").register(registry);
    }

    private void gauge(RunningNode node, String name, String what, ToDoubleFunction<RunningNode> value) {
        Gauge.builder(name, node, value).description(what).register(registry);
    }

    private static ConsensusView view(RunningNode node) {
        return node.consensus().raft().view();
    }

    private static MachineState state(RunningNode node) {
        return node.consensus().applier().progress().state();
    }
}
