package io.raftgres.node.service;

import io.raftgres.node.auth.Callers;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.health.StatusBroadcast;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchRight;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/** The service of a member that has no state until it has a snapshot. It knows the cluster, but serves no data. */
final class RebuildingKvService implements KvService {

    private final StatusBroadcast cluster;
    private final ClusterAdmin admin;
    private final Supplier<String> progress;

    /** @param progress gives a sentence with the reason and the progress */
    RebuildingKvService(StatusBroadcast cluster, ClusterAdmin admin, Supplier<String> progress) {
        this.cluster = cluster;
        this.admin = admin;
        this.progress = progress;
    }

    private ServiceException.Unavailable unavailable() {
        return new ServiceException.Unavailable(progress.get() + "; ask another node");
    }

    @Override
    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        return CompletableFuture.failedFuture(unavailable());
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        return CompletableFuture.failedFuture(unavailable());
    }

    @Override
    public ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held) {
        throw unavailable();
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        throw unavailable();
    }

    @Override
    public WatchFeed watches(Runnable available, WatchRight right) {
        throw unavailable();
    }

    @Override
    public AuthState auth(Duration timeout) {
        throw unavailable();
    }

    /** This member does not know the users. It serves what needs no state only while no other member checks users. */
    @Override
    public AuthState users() {
        if (cluster.usersChecked()) {
            throw unavailable();
        }
        return AuthState.EMPTY;
    }

    @Override
    public Callers callers() {
        users();
        return Callers.UNCHECKED;
    }

    @Override
    public LeaseService leases() {
        throw unavailable();
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
    public ClusterAdmin admin() {
        return admin;
    }
}
