package io.raftgres.node.etcd.lease;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveResponse;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.StatusMapping;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.service.KvService;

/**
 * One client's stream of keep-alives, with a bounded number in flight. The node requests more from the client only as
 * they are done, and as the client takes the responses. Responses name the lease, so they may come in any order.
 */
final class KeepAliveStream implements StreamObserver<LeaseKeepAliveRequest> {

    private static final int MAX_IN_FLIGHT = 64;

    private final KvService service;
    private final Headers headers;
    private final EtcdOptions options;
    private final ServerCallStreamObserver<LeaseKeepAliveResponse> client;
    private int inFlight;
    /** Number of requests to ask the client for, once it takes responses again. */
    private int owed;

    private boolean clientIsDone;
    private boolean ended;

    KeepAliveStream(
            KvService service,
            Headers headers,
            EtcdOptions options,
            ServerCallStreamObserver<LeaseKeepAliveResponse> client) {
        this.service = service;
        this.headers = headers;
        this.options = options;
        this.client = client;
    }

    /** Call this in the call's handler, before it returns. */
    void begin() {
        client.disableAutoRequest();
        client.setOnReadyHandler(this::takesResponses);
        client.setOnCancelHandler(this::cancelled);
        client.request(MAX_IN_FLIGHT);
    }

    private synchronized void takesResponses() {
        if (owed > 0 && !ended) {
            client.request(owed);
            owed = 0;
        }
    }

    private synchronized void cancelled() {
        ended = true;
    }

    @Override
    public void onNext(LeaseKeepAliveRequest request) {
        synchronized (this) {
            inFlight++;
        }
        try {
            service.leases()
                    .keepAlive(request.getID(), options.timeout())
                    .whenComplete((ttl, why) -> answered(request.getID(), ttl, why));
        } catch (RuntimeException e) {
            answered(request.getID(), null, e);
        }
    }

    private synchronized void answered(long lease, Long ttl, Throwable why) {
        inFlight--;
        if (ended) {
            return;
        }
        if (why != null) {
            ended = true;
            client.onError(StatusMapping.of(why));
            return;
        }
        client.onNext(LeaseKeepAliveResponse.newBuilder()
                .setHeader(headers.now())
                .setID(lease)
                .setTTL(ttl)
                .build());
        if (client.isReady()) {
            client.request(1);
        } else {
            owed++;
        }
        endWhenDone();
    }

    @Override
    public synchronized void onError(Throwable gone) {
        ended = true;
    }

    @Override
    public synchronized void onCompleted() {
        clientIsDone = true;
        endWhenDone();
    }

    private void endWhenDone() {
        if (clientIsDone && inFlight == 0 && !ended) {
            ended = true;
            client.onCompleted();
        }
    }
}
