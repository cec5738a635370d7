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
import io.raftgres.node.peer.PeerOptions;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.schema.StoreState;
import io.raftgres.node.tls.NodeTls;
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
 * Creates and connects the threads around the Raft core: raft, log, apply, store and the peers' connections. Each
 * thread owns its state; they communicate by passing values. A member without state has no {@link Replica}, but all
 * other threads.
 */
public final class Consensus implements AutoCloseable {

    /**
     * The owner of this member's current run; it learns of all events that end the run. Called on any thread; returns
     * at once.
     */
    public interface Owner {
        /**
         * The member cannot continue: a disk, the log or an invariant failed, or PostgreSQL's content cannot be
         * trusted.
         */
        void failed(Throwable cause);

        /** This member's log ends below the first entry of the leader's log: it needs state at or above this index. */
        void snapshotWanted(long minIndex);

        void membershipChanged(Membership latest, Membership committed);

        /**
         * A member connects. The fact and the identity of its log are durably recorded when this returns.
         *
         * @return why it must not take part under its identity; null when it may
         */
        String connecting(long member, Introduction introduction, Membership membership);

        /** @return whether it is durably recorded that the member has this log */
        boolean remembers(long member, long incarnation);

        /** Other members know this member with another log: this log, which is blank, must promise nothing. */
        void knownWithAnotherLog(String reason);

        /** Other members report that this member was removed from the cluster. */
        void removed(String reason);
    }

    private static final Logger LOG = Logger.getLogger(Consensus.class);
    /**
     * Number of parts of the log's memory: the core's cache, unapplied entries, appends waiting for the disk. They
     * mostly hold the same entries.
     */
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
            NodeConfig config,
            NodeMemory memory,
            NodeTls tls,
            Bootstrap bootstrap,
            SegmentedLog log,
            Store store,
            Owner owner)
            throws IOException {
        this.log = log;
        this.logBytes = config.logBytes();
        this.owner = owner;
        StoreState stored = store == null ? null : store.state();
        Restored restored = store == null ? log.restoredWithoutState() : log.restored(stored.appliedIndex());
        if (restored.isBlank()
                && restored.baseMembership().isVoter(bootstrap.self().id())) {
            // This is the first start, or the first one after the disk was lost.
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
                        restored.lastIndex(),
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
                tls,
                new PeerInbox(raft, logWriter, replica, owner, listeners, meters));
        memory.register(Share.LOG, () -> raft.view().uncommittedBytes() + logWriter.queuedBytes());
        memory.register(Share.PEERS, peers::queuedBytes);
    }

    /**
     * @param store null for a member without state
     * @throws IOException when the log and PostgreSQL do not belong together, or the peers' port is in use
     */
    public static Consensus start(
            NodeConfig config,
            NodeMemory memory,
            NodeTls tls,
            Bootstrap bootstrap,
            SegmentedLog log,
            Store store,
            Owner owner)
            throws IOException {
        Consensus consensus = new Consensus(config, memory, tls, bootstrap, log, store, owner);
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

    /** @return members that lost entries that they had acknowledged to this leader */
    public Deniers deniers() {
        return deniers;
    }

    /** The listener receives frames and changes that arrive after this call. */
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
     * All entries below are applied and flushed here, and are on every member's disk, so no member needs them again.
     * When the log is too large or its disk is full, members that lag get a snapshot instead.
     */
    private long cut(long flushed) {
        if (log.space() != LogSpace.OK) {
            return flushed;
        }
        return Math.min(flushed, Math.max(raft.view().matchedByAll(), log.indexToKeepWithin(logBytes)));
    }

    /** The log format prints this property in every line. */
    private static void noteTerm(long term) {
        System.setProperty("log.term", Long.toString(term));
    }

    /** Replaces the members' ids in a log line by their names. */
    private String named(String reason) {
        String text = reason;
        for (Member member : raft.view().membership().members()) {
            text = text.replace(Long.toHexString(member.id()), member.name());
        }
        return text;
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
                    change.leader() == Member.NONE ? "unknown" : raft.view().nameOf(change.leader()),
                    named(change.reason()));
            listeners.forEach(listener -> listener.leaderChanged(change.leader()));
        }

        @Override
        public void membershipChanged(Membership latest, Membership committed) {
            deniers.retain(latest);
            loader.execute(() -> {
                // Reads the current view, one thread at a time: two of these calls may run in the wrong order.
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
}
