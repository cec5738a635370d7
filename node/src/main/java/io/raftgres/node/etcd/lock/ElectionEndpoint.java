package io.raftgres.node.etcd.lock;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.v3election.CampaignRequest;
import io.raftgres.etcd.api.v3election.CampaignResponse;
import io.raftgres.etcd.api.v3election.ElectionGrpc;
import io.raftgres.etcd.api.v3election.LeaderKey;
import io.raftgres.etcd.api.v3election.LeaderRequest;
import io.raftgres.etcd.api.v3election.LeaderResponse;
import io.raftgres.etcd.api.v3election.ProclaimRequest;
import io.raftgres.etcd.api.v3election.ProclaimResponse;
import io.raftgres.etcd.api.v3election.ResignRequest;
import io.raftgres.etcd.api.v3election.ResignResponse;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.Backpressure;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.etcd.message.Ranges;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Row;
import io.raftgres.node.service.KvService;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/**
 * etcd's Election service: the client with the oldest claim is the leader, and the claim's value is the leader's
 * proclamation.
 */
public final class ElectionEndpoint extends ElectionGrpc.ElectionImplBase {

    private static final Duration STALL = Duration.ofSeconds(60);

    private final Headers headers;
    private final LockQueue claims;

    public ElectionEndpoint(CallService service, Headers headers, EtcdOptions options) {
        this.headers = headers;
        this.claims = new LockQueue(service, options);
    }

    @Override
    public void campaign(CampaignRequest request, StreamObserver<CampaignResponse> client) {
        BooleanSupplier isGone = Calls.cancellation(client);
        LockQueue.offload("etcd-election", client, () -> {
            byte[] value = request.getValue().toByteArray();
            LockQueue.Claim claim = claims.claim(request.getName(), request.getLease(), value);
            if (!Arrays.equals(claim.value(), value)) {
                proclaim(claim.key(), claim.createRevision(), claim.lease(), value);
            }
            if (claims.awaitTurn(claim, isGone, "election: session is expired")) {
                Calls.answer(
                        client,
                        CampaignResponse.newBuilder()
                                .setHeader(headers.at(claim.revision()))
                                .setLeader(LeaderKey.newBuilder()
                                        .setName(request.getName())
                                        .setKey(EtcdResponses.bytes(claim.key().bytes()))
                                        .setRev(claim.createRevision())
                                        .setLease(claim.lease()))
                                .build());
            }
        });
    }

    private ApplyResult proclaim(Key key, long createRevision, long lease, byte[] value) {
        ApplyResult result = claims.change(key, createRevision, new Op.Put(key, value, lease, false));
        if (!result.succeeded()) {
            throw unknown("election: not leader");
        }
        return result;
    }

    private static StatusRuntimeException unknown(String text) {
        return Status.UNKNOWN.withDescription(text).asRuntimeException();
    }

    @Override
    public void proclaim(ProclaimRequest request, StreamObserver<ProclaimResponse> client) {
        LockQueue.offload("etcd-election", client, () -> {
            LeaderKey leader = leader(request.hasLeader(), request.getLeader());
            ApplyResult result = proclaim(
                    Ranges.key(leader.getKey()),
                    leader.getRev(),
                    leader.getLease(),
                    request.getValue().toByteArray());
            Calls.answer(
                    client,
                    ProclaimResponse.newBuilder()
                            .setHeader(headers.at(result.revision()))
                            .build());
        });
    }

    private static LeaderKey leader(boolean given, LeaderKey leader) {
        if (!given) {
            throw unknown("\"leader\" field must be provided");
        }
        if (leader.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        return leader;
    }

    @Override
    public void resign(ResignRequest request, StreamObserver<ResignResponse> client) {
        LockQueue.offload("etcd-election", client, () -> {
            LeaderKey leader = leader(request.hasLeader(), request.getLeader());
            Key key = Ranges.key(leader.getKey());
            ApplyResult result = claims.change(key, leader.getRev(), new Op.Delete(KeyRange.single(key), false));
            Calls.answer(
                    client,
                    ResignResponse.newBuilder()
                            .setHeader(headers.at(result.revision()))
                            .build());
        });
    }

    @Override
    public void leader(LeaderRequest request, StreamObserver<LeaderResponse> client) {
        LockQueue.offload("etcd-election", client, () -> {
            KvService.Read seen = claims.oldest(request.getName());
            if (seen.row() == null) {
                throw unknown("election: no leader");
            }
            Calls.answer(client, response(seen.row(), seen.revision()));
        });
    }

    private LeaderResponse response(Row row, long revision) {
        return LeaderResponse.newBuilder()
                .setHeader(headers.at(revision))
                .setKv(EtcdResponses.keyValue(row))
                .build();
    }

    @Override
    public void observe(LeaderRequest request, StreamObserver<LeaderResponse> client) {
        ServerCallStreamObserver<LeaderResponse> call = (ServerCallStreamObserver<LeaderResponse>) client;
        Backpressure backpressure = new Backpressure(call, STALL);
        LockQueue.offload("etcd-election", client, () -> new Observation(request.getName(), call, backpressure).run());
    }

    /** Sends each leader and each proclaimed value, as long as the client is connected. */
    private final class Observation {
        private final ByteString name;
        private final ServerCallStreamObserver<LeaderResponse> call;
        private final Backpressure backpressure;

        Observation(ByteString name, ServerCallStreamObserver<LeaderResponse> call, Backpressure backpressure) {
            this.name = name;
            this.call = call;
            this.backpressure = backpressure;
        }

        void run() throws InterruptedException {
            while (!call.isCancelled()) {
                KvService.Read seen = claims.oldest(name);
                if (seen.row() == null) {
                    awaitAny(seen.revision() + 1);
                } else {
                    send(seen.row(), seen.revision());
                    follow(seen.row().key(), seen.revision() + 1);
                }
            }
        }

        private void send(Row row, long revision) {
            backpressure.awaitReady();
            call.onNext(response(row, revision));
        }

        private void awaitAny(long fromRevision) throws InterruptedException {
            try (KvService.Watch watch = claims.watch(LockQueue.range(name), fromRevision)) {
                while (!call.isCancelled()) {
                    if (LockQueue.next(watch).stream().anyMatch(change -> !change.isDelete())) {
                        return;
                    }
                }
            }
        }

        /** Until this leader is gone. */
        private void follow(Key key, long fromRevision) throws InterruptedException {
            try (KvService.Watch watch = claims.watch(KeyRange.single(key), fromRevision)) {
                while (!call.isCancelled()) {
                    for (Change change : LockQueue.next(watch)) {
                        if (change.isDelete()) {
                            return;
                        }
                        send(change.after(), change.revision());
                    }
                }
            }
        }
    }
}
