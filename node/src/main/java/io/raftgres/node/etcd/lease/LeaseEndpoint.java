package io.raftgres.node.etcd.lease;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.LeaseGrantRequest;
import io.raftgres.etcd.api.etcdserver.LeaseGrantResponse;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveResponse;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesRequest;
import io.raftgres.etcd.api.etcdserver.LeaseLeasesResponse;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeRequest;
import io.raftgres.etcd.api.etcdserver.LeaseRevokeResponse;
import io.raftgres.etcd.api.etcdserver.LeaseStatus;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseTimeToLiveResponse;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.ResponseMemory;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.kv.Key;
import io.raftgres.node.service.LeaseService.TimeLeft;
import java.time.Duration;
import java.util.List;

/** etcd's Lease service. */
public final class LeaseEndpoint extends LeaseGrpc.LeaseImplBase {

    private static final long ABSENT = -1;

    private final CallService service;
    private final Headers headers;
    private final EtcdOptions options;
    private final ResponseMemory memory;

    public LeaseEndpoint(CallService service, Headers headers, EtcdOptions options, ResponseMemory memory) {
        this.memory = memory;
        this.service = service;
        this.headers = headers;
        this.options = options;
    }

    @Override
    public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> client) {
        Calls.whenDone(
                client,
                () -> service.leases().grant(request.getID(), request.getTTL(), Calls.timeout(options)),
                granted -> LeaseGrantResponse.newBuilder()
                        .setHeader(headers.at(granted.revision()))
                        .setID(granted.lease())
                        .setTTL(granted.ttlSeconds())
                        .build());
    }

    @Override
    public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> client) {
        Calls.whenDone(
                client,
                () -> service.leases().revoke(request.getID(), Calls.timeout(options)),
                revision -> LeaseRevokeResponse.newBuilder()
                        .setHeader(headers.at(revision))
                        .build());
    }

    @Override
    public void leaseTimeToLive(LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> client) {
        Duration timeout = Calls.timeout(options);
        if (!request.getKeys()) {
            Calls.whenDone(
                    client,
                    () -> service.leases().timeLeft(request.getID(), timeout),
                    left -> timeToLive(request, left, List.of()));
            return;
        }
        ResponseMemory.Made<LeaseTimeToLiveResponse> made = memory.open(client);
        Calls.offload("etcd-lease", client, () -> {
            try (made) {
                TimeLeft left = service.leases()
                        .timeLeft(request.getID(), timeout)
                        .toCompletableFuture()
                        .join();
                List<Key> keys = left == null ? List.of() : service.leases().keys(request.getID(), timeout, made);
                made.send(timeToLive(request, left, keys));
            }
        });
    }

    private LeaseTimeToLiveResponse timeToLive(LeaseTimeToLiveRequest request, TimeLeft left, List<Key> keys) {
        LeaseTimeToLiveResponse.Builder response =
                LeaseTimeToLiveResponse.newBuilder().setHeader(headers.now()).setID(request.getID());
        if (left == null) {
            return response.setTTL(ABSENT).build();
        }
        keys.forEach(key -> response.addKeys(EtcdResponses.bytes(key.bytes())));
        return response.setTTL(left.leftSeconds())
                .setGrantedTTL(left.grantedSeconds())
                .build();
    }

    @Override
    public void leaseLeases(LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> client) {
        Duration timeout = Calls.timeout(options);
        Calls.offload("etcd-lease", client, () -> {
            LeaseLeasesResponse.Builder response = LeaseLeasesResponse.newBuilder();
            service.leases()
                    .list(timeout)
                    .forEach(
                            lease -> response.addLeases(LeaseStatus.newBuilder().setID(lease)));
            Calls.answer(client, response.setHeader(headers.now()).build());
        });
    }

    @Override
    public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> client) {
        KeepAliveStream stream = new KeepAliveStream(
                service, headers, options, (ServerCallStreamObserver<LeaseKeepAliveResponse>) client);
        stream.begin();
        return stream;
    }
}
