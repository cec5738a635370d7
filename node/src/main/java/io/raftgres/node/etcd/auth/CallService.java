package io.raftgres.node.etcd.auth;

import io.raftgres.node.auth.Caller;
import io.raftgres.node.auth.Callers;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Request;
import io.raftgres.node.service.KvGate;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.LeaseService;
import io.raftgres.node.service.Maintenance;
import io.raftgres.node.service.health.ClusterView;
import io.raftgres.node.service.health.NodePosition;
import io.raftgres.node.service.membership.ClusterAdmin;
import io.raftgres.node.service.watch.WatchFeed;
import io.raftgres.node.service.watch.WatchRight;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/**
 * The service for the caller of the current gRPC call, which {@link CallInterceptor} has put into the call's context.
 * Outside of a call's context the caller is nobody. All services of etcd's API use this one, so none can forget the
 * caller.
 */
public final class CallService implements KvService {

    private final KvGate gate;

    public CallService(KvGate gate) {
        this.gate = gate;
    }

    private KvService service() {
        return gate.as(CallInterceptor.caller());
    }

    /** @return the current call's caller */
    Caller caller() {
        return CallInterceptor.caller();
    }

    @Override
    public CompletionStage<ApplyResult> write(Request request, Duration timeout) {
        return service().write(request, timeout);
    }

    @Override
    public CompletionStage<Read> get(Key key, Consistency consistency, Duration timeout) {
        return service().get(key, consistency, timeout);
    }

    @Override
    public RangeEnd range(RangeQuery query, Duration timeout, RangeConsumer consumer) {
        return service().range(query, timeout, consumer);
    }

    @Override
    public ApplyResult read(Request request, Consistency consistency, Duration timeout, LongConsumer held) {
        return service().read(request, consistency, timeout, held);
    }

    @Override
    public WatchFeed watches(Runnable available, WatchRight right) {
        return service().watches(available, right);
    }

    @Override
    public LeaseService leases() {
        return service().leases();
    }

    @Override
    public AuthState auth(Duration timeout) {
        return service().auth(timeout);
    }

    @Override
    public AuthState users() {
        return service().users();
    }

    @Override
    public Callers callers() {
        return gate.callers();
    }

    @Override
    public NodePosition position() {
        return gate.position();
    }

    @Override
    public boolean hasLeader() {
        return gate.hasLeader();
    }

    @Override
    public ClusterView cluster() {
        return service().cluster();
    }

    @Override
    public Maintenance maintenance() {
        return service().maintenance();
    }

    @Override
    public ClusterAdmin admin() {
        return service().admin();
    }
}
