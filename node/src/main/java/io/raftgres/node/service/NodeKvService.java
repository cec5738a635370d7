package io.raftgres.node.service;

import io.raftgres.node.auth.Callers;
import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.service.lease.NodeLeases;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.read.MissReader;
import io.raftgres.node.service.read.PostgresReads;
import io.raftgres.node.service.read.ReadPath;
import io.raftgres.node.service.watch.StoreHistory;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchHub;
import io.raftgres.node.service.watch.WatchRight;
import io.raftgres.node.service.write.WriteRouter;
import io.raftgres.node.store.Store;
import io.raftgres.node.store.sql.StoreDamagedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** The key-value service of a running node. */
public final class NodeKvService implements KvService, AutoCloseable {

    private final WriteRouter writes;
    private final ReadPath reads;
    private final Applier applier;
    private final Store store;
    private final StatusBroadcast cluster;
    private final MissReader misses;
    private final ClusterAdmin admin;
    private final WatchHub hub;
    private final NodeLeases leases;
    private final AuthStore auth;
    private final Callers callers;
    private final PostgresReads fromPostgres;
    private final Maintenance maintenance;

    /**
     * @param damaged called when PostgreSQL's data turns out to be corrupt
     * @param leases creates the lease service from the parts of this service that it needs
     */
    NodeKvService(
            WriteRouter writes,
            ReadPath reads,
            Replica replica,
            Store store,
            NodeMemory memory,
            StatusBroadcast cluster,
            MissReader misses,
            ClusterAdmin admin,
            Consumer<StoreDamagedException> damaged,
            Maintenance maintenance,
            Function<NodeLeases.Store, NodeLeases> leases) {
        this.writes = writes;
        this.reads = reads;
        this.applier = replica.applier();
        this.store = store;
        this.cluster = cluster;
        this.misses = misses;
        this.admin = admin;
        this.fromPostgres = new PostgresReads(
                new Node(replica.storeWriter()),
                store.options().rangeReads(),
                () -> applier.progress().state(),
                store::range,
                damaged);
        this.hub = new WatchHub(
                replica.events(),
                new StoreHistory(replica.storeWriter(), store, damaged),
                () -> applier.progress().state().compactedRevision(),
                memory.account(Share.WATCHES));
        this.maintenance = maintenance;
        this.auth = replica.auth();
        this.callers = replica.callers();
        auth.listen(new UsersChanged());
        this.leases = leases.apply(new LeaseStore());
    }

    /** A watch that its caller may no longer have ends. */
    private final class UsersChanged implements AuthStore.Listener {
        @Override
        public void issued(AuthCommand.Token token, long index) {}

        @Override
        public void changed(AuthCommand command, AuthState state) {
            hub.usersChanged();
        }
    }

    /** The conditions for which reads of PostgreSQL wait. */
    private final class Node implements PostgresReads.Node {
        private final StoreWriter storeWriter;

        Node(StoreWriter storeWriter) {
            this.storeWriter = storeWriter;
        }

        @Override
        public void barrier(Duration timeout) {
            reads.barrier(timeout);
        }

        @Override
        public boolean awaitRevision(long revision, long nanos) throws InterruptedException {
            return storeWriter.awaitRevision(revision, nanos);
        }
    }

    private final class LeaseStore implements NodeLeases.Store {
        @Override
        public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
            return writes.write(request, timeout);
        }

        @Override
        public void barrier(Duration timeout) {
            reads.barrier(timeout);
        }

        @Override
        public List<Key> keysOf(long lease, Duration timeout, LongConsumer held) {
            return fromPostgres.read(
                    Consistency.LINEARIZABLE,
                    0,
                    timeout,
                    revision -> store.keysOf(lease, Limits.MAX_DELETED_KEYS, held));
        }
    }

    @Override
    public AuthState auth(Duration timeout) {
        reads.barrier(timeout);
        return auth.state();
    }

    @Override
    public NodeLeases leases() {
        return leases;
    }

    @Override
    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        if (enablesUsers(request) && version() < ClusterVersion.USERS_CHECKED) {
            return CompletableFuture.failedFuture(new ServiceException.Rejected(
                    Reason.AUTH_NOT_CAPABLE,
                    "a member's release cannot check users: upgrade all members, then ask again"));
        }
        // A member of the previous release could not read such an entry.
        boolean unreadable = request.tokenAgeMillis() > 0 && version() < ClusterVersion.TOKEN_AGE;
        return writes.write(unreadable ? request.withTokenAge(0) : request, timeout);
    }

    private static boolean enablesUsers(Request request) {
        return request.success().size() == 1
                && request.success().getFirst() instanceof Op.Auth change
                && change.command() instanceof AuthCommand.Enable;
    }

    private int version() {
        return applier.progress().state().clusterVersion();
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        return reads.get(key, consistency, timeout);
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        return fromPostgres.range(query, timeout, consumer);
    }

    @Override
    public ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held) {
        return fromPostgres.read(consistency, 0, timeout, revision -> store.read(revision, request, held));
    }

    @Override
    public WatchFeed watches(Runnable available, WatchRight right) {
        return hub.open(available, right);
    }

    @Override
    public AuthState users() {
        return auth.state();
    }

    @Override
    public Callers callers() {
        return callers;
    }

    @Override
    public NodePosition position() {
        return cluster.position();
    }

    @Override
    public boolean hasLeader() {
        return cluster.hasLeader();
    }

    @Override
    public ClusterView cluster() {
        return cluster.view();
    }

    @Override
    public Maintenance maintenance() {
        return maintenance;
    }

    @Override
    public ClusterAdmin admin() {
        return admin;
    }

    public int openWatches() {
        return hub.openWatches();
    }

    public long watchFailures() {
        return hub.failures();
    }

    public int watchesBehind() {
        return hub.watchesBehind();
    }

    public int writesInFlight() {
        return writes.inFlight();
    }

    public int writesWithoutLeader() {
        return writes.leaderless();
    }

    public long writesRefused() {
        return writes.refused();
    }

    public int readsInFlight() {
        return reads.inFlight();
    }

    @Override
    public void close() {
        hub.close();
        leases.close();
        misses.close();
    }
}
