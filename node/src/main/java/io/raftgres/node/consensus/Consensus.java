package io.raftgres.node.consensus;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.log.LogSpace;
import io.raftgres.node.log.LogWriter;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.Introduction;
import io.raftgres.node.peer.PeerIdentity;
import io.raftgres.node.peer.PeerListener;
import io.raftgres.node.peer.PeerOptions;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.peer.Reception;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StoreState;
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
import org.jboss.logging.Logger;

/**
 * The threads around the raft core, wired together: raft, log, apply, store and the peers' connections. Each owns its
 * state; they talk by handing each other values. A member without state has no {@link Replica}, and all the rest.
 */
public final class Consensus implements AutoCloseable {

    /** Who runs this member: hears what ends its life as it is. Called on any thread; returns at once. */
    public interface Owner {
        /** It cannot go on: a disk, the log or an invariant failed, or what PostgreSQL holds is not to be trusted. */
        void failed(Throwable cause);

        /** This member's log ends below where the leader's begins: it needs state at or above this index. */
        void snapshotWanted(long minIndex);

        void membershipChanged(Membership latest, Membership committed);

        /**
         * A member connects: that it ever has, and with which log, is remembered durably when this returns.
         *
         * @return why it must not take part under its identity; null when it may
         */
        String connecting(long member, Introduction introduction, Membership membership);

        /** @return whether it is durably remembered that the member has this log */
        boolean remembers(long member, long incarnation);

        /** Another log of this member is known to others: this one, which is blank, must promise nothing. */
        void knownWithAnotherLog(String reason);

        /** Others say that this member was removed from the cluster. */
        void removed(String reason);
    }

    private static final Logger LOG = Logger.getLogger(Consensus.class);
    /** The core's cache, what is not applied yet, what waits for the disk: mostly they are the same entries. */
    private static final int LOG_PARTS = 3;

    private static final long TRIM_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SegmentedLog log;
    private final long logBytes;
    private final ConsensusMeters meters = new ConsensusMeters();
    private final Owner owner;
    private final Deniers deniers = new Deniers();
    private final AtomicBoolean hasFailed = new AtomicBoolean();
    private final ExecutorService loader = Executors.newVirtualThreadPerTaskExecutor();
    private final List<ConsensusListener> listeners = new CopyOnWriteArrayList<>();
    private final PeerTransport peers;
    private final LogWriter logWriter;
    private final RaftThread raft;
    private final Replica replica;
    private volatile long lastTrimNanos = System.nanoTime();

    /** @param store null for a member without state */
    private Consensus(
            NodeConfig config, NodeMemory memory, Bootstrap bootstrap, SegmentedLog log, Store store, Owner owner)
            throws IOException {
        this.log = log;
        this.logBytes = config.logBytes();
        this.owner = owner;
        StoreState stored = store == null ? null : store.state();
        Restored restored = store == null ? log.restoredWithoutState() : log.restored(stored.appliedIndex());
        if (restored.isBlank()
                && restored.baseMembership().isVoter(bootstrap.self().id())) {
            // The first start, or the one after its disk was lost.
            restored = restored.unvouched();
        }
        String name = config.name();
        RaftCore core = new RaftCore(
                raftConfig(config, memory, bootstrap.self().id()),
                restored,
                new SecureRandom().nextLong(),
                Rules.STANDARD);
        noteTerm(core.term());
        this.raft = new RaftThread(name, core, new OutputHandler(), 4 * config.maxWritesInFlight());
        this.logWriter = new LogWriter(name, log, memory.limit(Share.LOG) / LOG_PARTS, new Durable());
        this.replica = store == null
                ? null
                : new Replica(
                        config,
                        memory,
                        store,
                        stored,
                        () -> raft.view().durableIndex(),
                        this::trimLog,
                        raft::applied,
                        this::flushPeers,
                        this::failed);
        this.peers = new PeerTransport(
                new PeerIdentity(
                        bootstrap.clusterId(),
                        bootstrap.self().id(),
                        name,
                        log.incarnation(),
                        bootstrap.self().peerAddress()),
                listenAddress(config, bootstrap.self()),
                PeerOptions.standard(),
                new Peers());
        memory.tell(Share.LOG, () -> raft.view().uncommittedBytes() + logWriter.queuedBytes());
        memory.tell(Share.PEERS, peers::queuedBytes);
    }

    /**
     * @param store null for a member without state
     * @throws IOException when the log and PostgreSQL do not belong together, or the peers' port is taken
     */
    public static Consensus start(
            NodeConfig config, NodeMemory memory, Bootstrap bootstrap, SegmentedLog log, Store store, Owner owner)
            throws IOException {
        Consensus consensus = new Consensus(config, memory, bootstrap, log, store, owner);
        try {
            consensus.peers.start();
            consensus.peers.setPeers(consensus.raft.view().membership().members());
        } catch (IOException | RuntimeException e) {
            consensus.close();
            throw e;
        }
        if (consensus.replica != null) {
            consensus.replica.start();
        }
        consensus.raft.start();
        return consensus;
    }

    private static RaftConfig raftConfig(NodeConfig config, NodeMemory memory, long self) {
        RaftConfig standard = RaftConfig.standard(self);
        long part = memory.limit(Share.LOG) / LOG_PARTS;
        int electionTicks = (int)
                Math.max(1, TimeUnit.MILLISECONDS.toNanos(config.electionTimeoutMillis()) / RaftThread.TICK_NANOS);
        int heartbeatTicks = Math.max(1, electionTicks / 6);
        return new RaftConfig(
                self,
                heartbeatTicks,
                electionTicks,
                standard.maxAppendBytes(),
                standard.maxInflightAppends(),
                Math.min(standard.maxInflightBytes(), part / 2),
                part,
                part,
                part,
                standard.maxPromotionLag());
    }

    private static InetSocketAddress listenAddress(NodeConfig config, Member self) {
        String address = config.peerListen().orElse(self.peerAddress());
        int colon = address.lastIndexOf(':');
        return new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    }

    public RaftThread raft() {
        return raft;
    }

    /** @return null for a member without state */
    public Replica replica() {
        return replica;
    }

    public PeerTransport peers() {
        return peers;
    }

    public SegmentedLog log() {
        return log;
    }

    public LogWriter logWriter() {
        return logWriter;
    }

    public ConsensusMeters meters() {
        return meters;
    }

    /** @return members whose logs this leader found to have gone backwards */
    public Deniers deniers() {
        return deniers;
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
        if (replica != null) {
            replica.close();
        }
        loader.shutdownNow();
    }

    private void failed(Throwable cause) {
        if (hasFailed.compareAndSet(false, true)) {
            owner.failed(cause);
        }
    }

    private void flushPeers() {
        peers.flush();
    }

    private void trimLog() {
        long now = System.nanoTime();
        if (now - lastTrimNanos < TRIM_NANOS) {
            return;
        }
        lastTrimNanos = now;
        long before = log.firstIndex();
        try {
            long first = log.trim(cut(replica.storeWriter().flushedIndex()));
            if (first > before) {
                raft.trimmed(first);
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    /**
     * Everything below has been applied and flushed here, and is on every member's disk: nobody asks for it again. When
     * the log has grown too large, or its disk is full, members that are behind get a snapshot instead.
     */
    private long cut(long flushed) {
        if (log.space() != LogSpace.OK) {
            return flushed;
        }
        return Math.min(flushed, Math.max(raft.view().matchedByAll(), log.indexToKeepWithin(logBytes)));
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

    private final class OutputHandler implements RaftThread.OutputHandler {
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
            replica.applier().committed(entries);
        }

        @Override
        public void proposed(long firstIndex, long term, List<PendingWrite> writes) {
            meters.proposed(writes.size());
            if (replica == null) {
                writes.forEach(PendingWrite::uncertain);
                return;
            }
            replica.applier().proposed(firstIndex, term, writes);
        }

        @Override
        public void readable(long index, List<PendingRead> reads) {
            if (replica == null) {
                reads.forEach(PendingRead::failed);
                return;
            }
            replica.applier().readable(index, reads);
        }

        @Override
        public void leadershipLost() {
            deniers.clear();
            if (replica != null) {
                replica.applier().leadershipLost();
            }
        }

        @Override
        public void roleChanged(Output.RoleChange change) {
            meters.roleChanged(change.role());
            noteTerm(change.term());
            LOG.infof(
                    "now %s, leader %s: %s",
                    change.role().name().toLowerCase(Locale.ROOT),
                    change.leader() == Member.NONE ? "unknown" : nameOf(change.leader()),
                    named(change.reason()));
            listeners.forEach(listener -> listener.leaderChanged(change.leader()));
        }

        @Override
        public void membershipChanged(Membership latest, Membership committed) {
            deniers.retain(latest);
            loader.execute(() -> {
                // As it is by then, and one at a time: two of these may run in the wrong order.
                synchronized (peers) {
                    ConsensusView view = raft.view();
                    peers.setPeers(view.membership().members());
                    view.committedMembership().removed().forEach(peers::disconnect);
                }
            });
            owner.membershipChanged(latest, committed);
        }

        @Override
        public void snapshotWanted(long minIndex) {
            owner.snapshotWanted(minIndex);
        }

        @Override
        public long appliedMillis() {
            return replica == null ? 0 : replica.applier().progress().state().clockMillis();
        }

        @Override
        public void lostEntries(Output.LostEntries lost) {
            deniers.add(lost);
            LOG.error(named(Deniers.describe(lost)));
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
                case Frame.Raft message -> {
                    if (!hasRoomFor(message.message()) || !raft.received(from, message.message(), this::isMember)) {
                        meters.dropped();
                    }
                }
                case Frame.ForwardRequest request -> listeners.forEach(listener -> listener.received(from, request));
                case Frame.ForwardResponse response -> listeners.forEach(listener -> listener.received(response));
                case Frame.AdminRequest request -> listeners.forEach(listener -> listener.received(from, request));
                case Frame.AdminResponse response -> listeners.forEach(listener -> listener.received(response));
                case Frame.SnapshotRequest request -> listeners.forEach(listener -> listener.received(from, request));
                case Frame.SnapshotResponse response ->
                    listeners.forEach(listener -> listener.received(from, response));
                case Frame.LeaseRequest request -> listeners.forEach(listener -> listener.received(from, request));
                case Frame.LeaseResponse response -> listeners.forEach(listener -> listener.received(response));
                case Frame.NodeStatus status -> listeners.forEach(listener -> listener.received(from, status));
            }
        }

        /** Entries that the log could not take now are as lost on the way: the leader sends them again. */
        private boolean hasRoomFor(Message message) {
            return !(message instanceof Message.AppendRequest append)
                    || append.entries().isEmpty()
                    || logWriter.accepts(bytes(append));
        }

        private static long bytes(Message.AppendRequest append) {
            long bytes = 0;
            for (Entry entry : append.entries()) {
                bytes += entry.sizeBytes();
            }
            return bytes;
        }

        @Override
        public Reception receive(long from, Introduction introduction) {
            if (!isMember(from)) {
                return Reception.OF_A_STRANGER;
            }
            ConsensusView view = raft.view();
            String objection = owner.connecting(from, introduction, view.membership());
            return objection == null
                    ? new Reception(true, owner.remembers(from, introduction.incarnation()), view.isBlank(), null)
                    : Reception.refused(objection);
        }

        private boolean isMember(long id) {
            ConsensusView view = raft.view();
            return view.membership().contains(id) || view.committedMembership().contains(id);
        }

        @Override
        public String removed(long from) {
            return raft.view().committedMembership().removed().contains(from)
                    ? "member " + Long.toHexString(from) + " was removed from the cluster for ever"
                    : null;
        }

        @Override
        public boolean olderReleasesEnd() {
            return replica != null && replica.applier().progress().state().clusterVersion() > 0;
        }

        @Override
        public boolean hasBegun() {
            return raft.view().vouched();
        }

        @Override
        public void vouched(long peer, boolean blank) {
            raft.vouched(peer, blank);
        }

        @Override
        public void weAreKnownWithAnotherLog(String reason) {
            if (!raft.view().vouched()) {
                owner.knownWithAnotherLog(reason);
            }
        }

        @Override
        public void weAreRemoved(String reason) {
            owner.removed(reason);
        }

        @Override
        public void unreachable(long member) {
            raft.unreachable(member);
            listeners.forEach(listener -> listener.unreachable(member));
        }

        @Override
        public void undelivered(long member) {
            listeners.forEach(listener -> listener.unreachable(member));
        }
    }
}
