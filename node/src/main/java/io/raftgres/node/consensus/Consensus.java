package io.raftgres.node.consensus;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.kv.EventRing;
import io.raftgres.node.kv.KeyValueMachine;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.RowCache;
import io.raftgres.node.log.LogWriter;
import io.raftgres.node.log.RaftLog;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerIdentity;
import io.raftgres.node.peer.PeerListener;
import io.raftgres.node.peer.PeerOptions;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.StoreState;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.Message;
import io.raftgres.raft.Output;
import io.raftgres.raft.RaftConfig;
import io.raftgres.raft.RaftCore;
import io.raftgres.raft.Restored;
import io.raftgres.raft.Rules;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The threads around the raft core, wired together: raft, log, apply, store and the peers' connections. Each owns its
 * state; they talk by handing each other values.
 */
public final class Consensus implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Consensus.class);
    private static final long TRIM_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RaftLog log;
    private final ConsensusMeters meters = new ConsensusMeters();
    private final Consumer<Throwable> failed;
    private final AtomicBoolean hasFailed = new AtomicBoolean();
    private final ExecutorService loader = Executors.newVirtualThreadPerTaskExecutor();
    private final List<ConsensusListener> listeners = new CopyOnWriteArrayList<>();
    private final RowCache cache;
    private final EventRing events;
    private final PeerTransport peers;
    private final LogWriter logWriter;
    private final RaftThread raft;
    private final StoreWriter storeWriter;
    private final Applier applier;
    private volatile long lastTrimNanos = System.nanoTime();

    private Consensus(
            NodeConfig config, Bootstrap bootstrap, RaftLog log, Store store, Consumer<Throwable> failed)
            throws IOException {
        this.log = log;
        this.failed = failed;
        StoreState stored = store.state();
        MachineState state = new MachineState(stored.appliedIndex(), stored.appliedTerm(), stored.revision(),
                stored.compactedRevision(), stored.hash(), stored.clockMillis());
        checkTogether(log, state.index());
        Restored restored = log.restored(state.index());
        this.cache = new RowCache(config.cacheBytes());
        this.events = new EventRing(state.revision(), config.watchBytes());
        KeyValueMachine machine = new KeyValueMachine(state, cache, store);
        store.loadTokens(0, machine::loadTokens);
        String name = config.name();
        RaftCore core = new RaftCore(raftConfig(config, bootstrap.self().id()), restored, new SecureRandom().nextLong(), Rules.STANDARD);
        noteTerm(core.term());
        this.raft = new RaftThread(name, core, new World(), 4 * config.maxWritesUnderWay());
        this.logWriter = new LogWriter(name, log, new Durable());
        this.storeWriter = new StoreWriter(
                name, store, state, () -> raft.view().durableIndex(), this::trimLog, this::failed);
        this.applier =
                new Applier(name, machine, cache, events, storeWriter, raft::applied, this::failed);
        this.peers = new PeerTransport(new PeerIdentity(bootstrap.clusterId(), bootstrap.self().id(), name),
                listenAddress(config, bootstrap.self()), PeerOptions.standard(), new Peers());
    }

    /** PostgreSQL is written only up to what the log has on disk, and the log is cut only up to what PostgreSQL has. */
    private static void checkTogether(RaftLog log, long appliedIndex) throws IOException {
        String advice = " Remove the member's whole data folder and add it to the cluster as a new member";
        if (appliedIndex > log.lastIndex()) {
            throw new IOException("PostgreSQL has applied index " + appliedIndex + ", but the log ends at "
                    + log.lastIndex() + ": the log, or its end, was lost, and with it what this member has promised."
                    + advice);
        }
        if (appliedIndex < log.firstIndex() - 1) {
            throw new IOException("PostgreSQL has applied index " + appliedIndex + ", but the log begins at "
                    + log.firstIndex() + ": PostgreSQL's data was lost or replaced." + advice);
        }
    }

    /** @throws IOException when the log and PostgreSQL do not belong together, or the peers' port is taken */
    public static Consensus start(
            NodeConfig config, Bootstrap bootstrap, RaftLog log, Store store, Consumer<Throwable> failed)
            throws IOException {
        Consensus consensus = new Consensus(config, bootstrap, log, store, failed);
        try {
            consensus.peers.start();
            consensus.peers.setPeers(consensus.raft.view().membership().members());
        } catch (IOException | RuntimeException e) {
            consensus.close();
            throw e;
        }
        consensus.applier.start();
        consensus.storeWriter.start();
        consensus.raft.start();
        return consensus;
    }

    private static RaftConfig raftConfig(NodeConfig config, long self) {
        RaftConfig standard = RaftConfig.standard(self);
        int electionTicks =
                (int) Math.max(1, TimeUnit.MILLISECONDS.toNanos(config.electionTimeoutMillis()) / RaftThread.TICK_NANOS);
        int heartbeatTicks = Math.max(1, electionTicks / 6);
        return new RaftConfig(self, heartbeatTicks, electionTicks, standard.maxAppendBytes(),
                standard.maxInflightAppends(), standard.maxInflightBytes(), standard.maxUncommittedBytes(),
                standard.maxUnappliedBytes(), standard.maxCachedBytes(), standard.maxPromotionLag());
    }

    private static InetSocketAddress listenAddress(NodeConfig config, Member self) {
        String address = config.peerListen().orElse(self.peerAddress());
        int colon = address.lastIndexOf(':');
        return new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    }

    public RaftThread raft() {
        return raft;
    }

    public Applier applier() {
        return applier;
    }

    public StoreWriter storeWriter() {
        return storeWriter;
    }

    public RowCache cache() {
        return cache;
    }

    public EventRing events() {
        return events;
    }

    public PeerTransport peers() {
        return peers;
    }

    public LogWriter logWriter() {
        return logWriter;
    }

    public ConsensusMeters meters() {
        return meters;
    }

    /** Frames and changes that come after this are told. */
    public void listen(ConsensusListener listener) {
        listeners.add(listener);
    }

    public boolean hasFailed() {
        return hasFailed.get();
    }

    @Override
    public void close() {
        peers.close();
        raft.close();
        logWriter.close();
        storeWriter.close();
        applier.close();
        loader.shutdownNow();
    }

    private void failed(Throwable cause) {
        if (hasFailed.compareAndSet(false, true)) {
            failed.accept(cause);
        }
    }

    private void trimLog() {
        long now = System.nanoTime();
        if (now - lastTrimNanos < TRIM_NANOS) {
            return;
        }
        lastTrimNanos = now;
        long before = log.firstIndex();
        try {
            // Everything below has been applied and flushed here, and is on every member's disk: nobody asks for it again.
            long first = log.trim(Math.min(storeWriter.flushedIndex(), raft.view().matchedByAll()));
            if (first > before) {
                raft.trimmed(first);
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    /** The log's format shows this property in every line. */
    private static void noteTerm(long term) {
        System.setProperty("raftgres.term", Long.toString(term));
    }

    /** The core knows members by number; people know them by name. */
    private String named(String reason) {
        String text = reason;
        for (Member member : raft.view().membership().members()) {
            text = text.replace(Long.toHexString(member.id()), member.name());
        }
        return text;
    }

    private String nameOf(long member) {
        return raft.view().membership().member(member).map(Member::name).orElse(Long.toHexString(member));
    }

    private final class World implements RaftThread.World {
        @Override
        public void send(Message.Envelope envelope) {
            peers.send(envelope.to(), new Frame.Raft(envelope.message()));
        }

        @Override
        public void append(Output.Append append) {
            logWriter.submit(append);
        }

        @Override
        public void load(Output.Load load) {
            loader.execute(() -> {
                try {
                    raft.loaded(load, log.read(load.from(), load.to(), load.maxBytes()));
                } catch (IOException e) {
                    Consensus.this.failed(e);
                }
            });
        }

        @Override
        public void committed(List<Entry> entries) {
            applier.committed(entries);
        }

        @Override
        public void proposed(long firstIndex, long term, List<PendingWrite> writes) {
            meters.proposed(writes.size());
            applier.proposed(firstIndex, term, writes);
        }

        @Override
        public void readable(long index, List<PendingRead> reads) {
            applier.readable(index, reads);
        }

        @Override
        public void leadershipLost() {
            applier.leadershipLost();
        }

        @Override
        public void roleChanged(Output.RoleChange change) {
            meters.roleChanged(change.role());
            noteTerm(change.term());
            LOG.infof("now %s, leader %s: %s", change.role().name().toLowerCase(Locale.ROOT),
                    change.leader() == Member.NONE ? "unknown" : nameOf(change.leader()), named(change.reason()));
            listeners.forEach(listener -> listener.leaderChanged(change.leader()));
        }

        @Override
        public void membershipChanged(Membership membership) {
            loader.execute(() -> peers.setPeers(membership.members()));
        }

        @Override
        public void failed(Throwable cause) {
            Consensus.this.failed(cause);
        }
    }

    private final class Durable implements LogWriter.Listener {
        @Override
        public void durable(List<Output.Append> group) {
            for (Output.Append append : group) {
                for (Message.Envelope envelope : append.afterDurable()) {
                    peers.send(envelope.to(), new Frame.Raft(envelope.message()));
                }
            }
            raft.durable(group.getLast().sequence());
        }

        @Override
        public void measured(LogWriter.Group group) {
            meters.synced(group.appends(), group.bytes(), group.syncNanos());
        }

        @Override
        public void failed(Throwable cause) {
            Consensus.this.failed(cause);
        }
    }

    private final class Peers implements PeerListener {
        @Override
        public void received(long from, Frame frame) {
            try {
                take(from, frame);
            } catch (IllegalArgumentException e) {
                LOG.warnf("dropped what %s sent: %s", nameOf(from), e.getMessage());
            }
        }

        private void take(long from, Frame frame) {
            switch (frame) {
                case Frame.Raft message -> raft.received(from, message.message());
                case Frame.ForwardRequest request -> listeners.forEach(listener -> listener.received(from, request));
                case Frame.ForwardResponse response -> listeners.forEach(listener -> listener.received(response));
                case Frame.SnapshotRequest request -> listeners.forEach(listener -> listener.received(from, request));
                case Frame.SnapshotResponse response ->
                    listeners.forEach(listener -> listener.received(from, response));
                case Frame.NodeStatus status -> listeners.forEach(listener -> listener.received(from, status));
            }
        }

        @Override
        public void unreachable(long member) {
            raft.unreachable(member);
            listeners.forEach(listener -> listener.unreachable(member));
        }
    }
}
