package io.raftgres.node;

import io.raftgres.node.config.Bootstrap;
import io.raftgres.node.config.MemberIdentity;
import io.raftgres.node.config.MemberRules;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.join.IdentityResolution;
import io.raftgres.node.log.LogDamagedException;
import io.raftgres.node.log.SegmentedLog;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.peer.Introduction;
import io.raftgres.node.peer.PeerStats;
import io.raftgres.node.postgres.EmbeddedPostgres;
import io.raftgres.node.recovery.RecoveryPlan;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.NodeServices;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreDamagedException;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * All parts of a node. They start in order and stop in the reverse order. A process may run several nodes, one after
 * the other: when the member's state or identity is replaced, all parts start again.
 */
public final class RunningNode implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunningNode.class);
    private static final Duration TRANSFER_TIMEOUT = Duration.ofSeconds(3);

    private final Path directory;
    private final Bootstrap bootstrap;
    private final OpenData data;
    private final NodeTls tls;
    private final Consumer<StopReason> ended;
    private final AtomicBoolean hasEnded = new AtomicBoolean();
    private volatile Runnable membershipListener = () -> {};
    private MemberIdentity identity;
    private Consensus consensus;
    private NodeServices services;
    private StateTransfer transfer;

    private RunningNode(
            NodeConfig config,
            Path directory,
            Bootstrap bootstrap,
            OpenData data,
            NodeTls tls,
            Consumer<StopReason> ended)
            throws IOException {
        this.tls = tls;
        this.directory = directory;
        this.bootstrap = bootstrap;
        this.data = data;
        this.ended = ended;
        MemberIdentity fresh =
                new MemberIdentity(bootstrap.clusterId(), bootstrap.self().id(), config.name());
        this.identity = MemberIdentity.read(directory)
                .filter(written -> written.memberId() == fresh.memberId() && written.clusterId() == fresh.clusterId())
                .orElseGet(() -> withoutMemory(fresh));
        identity.write(directory);
    }

    /**
     * Blocks until the node takes part in its cluster.
     *
     * @param ended called once when this run of the node must end; the caller decides what follows
     * @throws io.raftgres.node.join.RemovedException when the cluster has removed this member
     * @throws StartRefusedException when the node must not start; its stop reason says what follows
     * @throws IOException when its data cannot be opened; the message names the data and the remedy
     */
    public static RunningNode start(
            NodeConfig config, NodeMemory memory, NodeTls tls, String version, Consumer<StopReason> ended)
            throws IOException, InterruptedException {
        Path directory = config.dataDir().toAbsolutePath();
        Files.createDirectories(directory);
        RecoveryPlan.requireNone(directory);
        Bootstrap bootstrap = IdentityResolution.settle(config, tls, directory);
        OpenData data = OpenData.open(config, memory, directory, bootstrap);
        RunningNode node = null;
        try {
            node = new RunningNode(config, directory, bootstrap, data, tls, ended);
            node.begin(config, memory, version);
            return node;
        } catch (IOException | InterruptedException | RuntimeException e) {
            if (node == null) {
                data.close();
            } else {
                node.hasEnded.set(true);
                node.closeParts();
            }
            throw e;
        }
    }

    /**
     * If the file was lost but the log was not, all other members may have connected before with logs that this node no
     * longer remembers.
     */
    private MemberIdentity withoutMemory(MemberIdentity fresh) {
        SegmentedLog log = data.log();
        MemberIdentity identity = fresh;
        if (!log.restoredWithoutState().isBlank()) {
            Membership membership = log.membershipAt(log.lastIndex());
            for (Member member : membership.members()) {
                identity = identity.knowing(member.id(), 0, membership);
            }
        }
        return identity;
    }

    private void begin(NodeConfig config, NodeMemory memory, String version) throws IOException, InterruptedException {
        Store store = data.stateless() ? null : data.store();
        consensus = Consensus.start(config, memory, tls, bootstrap, data.log(), store, new Owner());
        transfer = new StateTransfer(
                config,
                data,
                consensus,
                () -> end(new StopReason.SnapshotArrived()),
                cause -> new Owner().failed(cause));
        services = NodeServices.start(config, memory, bootstrap, version, consensus, store, new NodeServices.Owner() {
            @Override
            public void differs(String reason) {
                end(new StopReason.Rebuild(reason));
            }

            @Override
            public String certificateProblem() {
                return tls.problem();
            }

            @Override
            public Set<Long> known() {
                return identity().known();
            }

            @Override
            public String rebuilding() {
                return transfer.progress(data.whyStateless());
            }
        });
        transfer.start(services.status());
        if (data.stateless()) {
            LOG.warnf(
                    "%s. This member fetches the state from the other members, and takes part without it until then",
                    data.whyStateless());
            transfer.fetch(data.log().firstIndex() - 1);
        }
        noteContacts();
        data.watch(reason -> end(new StopReason.Rebuild(reason)));
    }

    /** @param listener called when the membership may have changed */
    void onMembership(Runnable listener) {
        membershipListener = listener;
    }

    private synchronized MemberIdentity identity() {
        return identity;
    }

    private synchronized void change(MemberIdentity next) throws IOException {
        if (!next.equals(identity)) {
            next.write(directory);
            identity = next;
        }
    }

    /** The other members' addresses at the time of writing, in case everything else is lost. */
    private void noteContacts() {
        Thread.ofVirtual().name("contacts").start(() -> {
            membershipListener.run();
            Set<String> contacts = new TreeSet<>();
            for (Member member : consensus.raft().view().committedMembership().members()) {
                if (member.id() != bootstrap.self().id() && MemberRules.isClientAddress(member.clientAddress())) {
                    contacts.add(member.clientAddress());
                }
            }
            try {
                synchronized (this) {
                    change(identity.withContacts(contacts));
                }
            } catch (IOException e) {
                LOG.warnf("member.json could not be written: %s", e.getMessage());
            }
        });
    }

    private void end(StopReason reason) {
        if (hasEnded.compareAndSet(false, true)) {
            ended.accept(reason);
        }
    }

    public KvService kv() {
        return services.kv();
    }

    public NodeServices services() {
        return services;
    }

    public Consensus consensus() {
        return consensus;
    }

    public SegmentedLog log() {
        return data.log();
    }

    /** @return null for a member without state */
    public Store store() {
        return data.stateless() ? null : data.store();
    }

    public StateTransfer transfer() {
        return transfer;
    }

    public Member self() {
        return bootstrap.self();
    }

    public PeerStats peer(long member) {
        return consensus.peers().stats(member);
    }

    /** @return the embedded server; null when the node uses an external PostgreSQL */
    public EmbeddedPostgres postgres() {
        return data.postgres();
    }

    /**
     * Transfers leadership if this node is the leader, then stops. Entries that are not in PostgreSQL yet are in the
     * log.
     */
    @Override
    public void close() {
        hasEnded.set(true);
        if (consensus != null && services != null) {
            transferLeadership();
        }
        closeParts();
    }

    private void closeParts() {
        close(services, transfer, consensus);
        data.close();
    }

    private void transferLeadership() {
        ConsensusView view = consensus.raft().view();
        if (!view.leads() || view.membership().voters().size() < 2) {
            return;
        }
        try {
            services.kv().admin().transferLeadership(null, TRANSFER_TIMEOUT);
        } catch (RuntimeException e) {
            LOG.infof("leadership was not transferred before the stop: %s", e.getMessage());
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

    private final class Owner implements Consensus.Owner {
        @Override
        public void failed(Throwable cause) {
            end(
                    switch (cause) {
                        case StoreDamagedException e when hasOthers() -> new StopReason.Rebuild(e.getMessage());
                        case LogDamagedException e when hasOthers() -> new StopReason.Replace(e.getMessage());
                        default -> new StopReason.Failed(cause);
                    });
        }

        private boolean hasOthers() {
            Consensus running = consensus;
            return running != null
                    && running.raft().view().membership().members().size() > 1;
        }

        @Override
        public void snapshotWanted(long minIndex) {
            StateTransfer running = transfer;
            if (running != null) {
                running.fetch(minIndex);
            }
        }

        @Override
        public void membershipChanged(Membership latest, Membership committed) {
            if (committed.removed().contains(bootstrap.self().id())) {
                removed("the cluster has removed this member");
            } else if (consensus != null) {
                noteContacts();
            }
        }

        @Override
        public String connecting(long member, Introduction introduction, Membership membership) {
            try {
                synchronized (RunningNode.this) {
                    String objection = identity.objection(member, introduction.incarnation(), introduction.begun());
                    if (objection == null) {
                        change(identity.knowing(member, introduction.incarnation(), membership));
                    }
                    return objection;
                }
            } catch (IOException e) {
                if (identity.known().contains(member)) {
                    // A failure to write this down does not stop the member: otherwise it could not start on a full
                    // disk, and the disk could not be emptied.
                    LOG.warnf(
                            "the log identity of member %016x could not be written to member.json:" + " %s",
                            member, e.getMessage());
                    return null;
                }
                throw new UncheckedIOException("member.json could not be written", e);
            }
        }

        @Override
        public boolean remembers(long member, long incarnation) {
            synchronized (RunningNode.this) {
                Long log = identity.incarnations().get(member);
                return log != null && log == incarnation;
            }
        }

        @Override
        public void knownWithAnotherLog(String reason) {
            end(new StopReason.Replace("this member has no data, but others knew it with data: " + reason));
        }

        @Override
        public void removed(String reason) {
            end(new StopReason.Removed(reason));
        }
    }
}
