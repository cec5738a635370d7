package io.raftgres.node.etcd.watch;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.etcd.message.Headers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** etcd's Watch service: it keeps the open streams, and sends their periodic messages. */
public final class WatchEndpoint extends WatchGrpc.WatchImplBase implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(WatchEndpoint.class);

    /** Polls without a leader before the streams end (etcd's number): a new stream costs more than to wait. */
    private static final int MAX_LEADERLESS = 3;

    private final CallService service;
    private final EtcdOptions options;
    private final WatchResponses responses;
    private final Set<WatchCall> calls = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("etcd-watch").daemon().factory());
    private int leaderless;

    public WatchEndpoint(CallService service, Headers headers, EtcdOptions options) {
        this.service = service;
        this.options = options;
        this.responses = new WatchResponses(headers, options.maxRequestBytes() + options.overheadBytes());
        every(options.leaderCheck(), this::checkLeader);
        // Nodes that were started together need not do this at the same moment.
        long interval = options.watchProgress().toMillis();
        every(
                Duration.ofMillis(interval + ThreadLocalRandom.current().nextLong(interval / 10 + 1)),
                () -> calls.forEach(WatchCall::progress));
    }

    private void every(Duration time, Runnable task) {
        timer.scheduleAtFixedRate(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        LOG.error("a periodic check of etcd's watch streams failed; the next check follows", e);
                    }
                },
                time.toMillis(),
                time.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void checkLeader() {
        leaderless = service.hasLeader() ? 0 : leaderless + 1;
        if (leaderless >= MAX_LEADERLESS) {
            calls.forEach(call -> {
                if (call.needsLeader()) {
                    call.end(EtcdError.NO_LEADER.exception());
                }
            });
        }
    }

    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> client) {
        try {
            WatchCall call = new WatchCall(
                    service, responses, options, (ServerCallStreamObserver<WatchResponse>) client, calls::remove);
            calls.add(call);
            if (call.hasEnded()) {
                calls.remove(call);
            }
            return call;
        } catch (RuntimeException e) {
            client.onError(StatusMapping.of(e));
            return new Refused();
        }
    }

    /** Ignores the messages that a client still sends on a refused stream. */
    private static final class Refused implements StreamObserver<WatchRequest> {
        @Override
        public void onNext(WatchRequest request) {}

        @Override
        public void onError(Throwable why) {}

        @Override
        public void onCompleted() {}
    }

    /** @return number of open streams */
    int streams() {
        return calls.size();
    }

    /** Ends all streams. Their clients continue on another node. */
    @Override
    public void close() {
        timer.shutdownNow();
        calls.forEach(call -> call.end(EtcdError.STOPPED.exception()));
    }
}
