package io.raftgres.node;

import io.raftgres.node.auth.Callers;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.LeaseService;
import io.raftgres.node.service.Maintenance;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchRight;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** The key-value service of the process. While no node runs behind it, every call fails with the reason. */
final class StartingKvService implements KvService {

    private volatile KvService running;
    private volatile ServiceException.Unavailable reason = new ServiceException.Unavailable("the node is starting");

    void started(KvService service) {
        running = service;
    }

    /** @param why a sentence without its full stop */
    void unavailable(String why) {
        unavailable(new ServiceException.Unavailable(why));
    }

    /** Refuses every call permanently. */
    void removed() {
        unavailable(new ServiceException.Unavailable(
                "this member was removed from the cluster; ask another node",
                ServiceException.Unavailable.MEMBER_REMOVED));
    }

    private void unavailable(ServiceException.Unavailable why) {
        reason = why;
        running = null;
    }

    private KvService running() {
        KvService service = running;
        if (service == null) {
            throw reason;
        }
        return service;
    }

    @Override
    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        KvService service = running;
        return service != null ? service.write(request, timeout) : unavailable();
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        KvService service = running;
        return service != null ? service.get(key, consistency, timeout) : unavailable();
    }

    private <T> CompletionStage<T> unavailable() {
        return CompletableFuture.failedFuture(reason);
    }

    @Override
    public ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held) {
        return running().read(request, consistency, timeout, held);
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        return running().range(query, timeout, consumer);
    }

    @Override
    public WatchFeed watches(Runnable available, WatchRight right) {
        return running().watches(available, right);
    }

    @Override
    public AuthState users() {
        return running().users();
    }

    @Override
    public Callers callers() {
        return running().callers();
    }

    @Override
    public AuthState auth(Duration timeout) {
        return running().auth(timeout);
    }

    @Override
    public LeaseService leases() {
        return running().leases();
    }

    @Override
    public NodePosition position() {
        return running().position();
    }

    @Override
    public boolean hasLeader() {
        KvService service = running;
        return service != null && service.hasLeader();
    }

    @Override
    public ClusterView cluster() {
        return running().cluster();
    }

    @Override
    public Maintenance maintenance() {
        return running().maintenance();
    }

    @Override
    public ClusterAdmin admin() {
        return running().admin();
    }
}
