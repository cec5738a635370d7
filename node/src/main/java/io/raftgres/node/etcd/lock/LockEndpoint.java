package io.raftgres.node.etcd.lock;

import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.v3lock.LockGrpc;
import io.raftgres.etcd.api.v3lock.LockRequest;
import io.raftgres.etcd.api.v3lock.LockResponse;
import io.raftgres.etcd.api.v3lock.UnlockRequest;
import io.raftgres.etcd.api.v3lock.UnlockResponse;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.etcd.message.Ranges;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import java.util.function.BooleanSupplier;

/** etcd's Lock service: the client that claimed the name first holds the lock, and the others wait in order. */
public final class LockEndpoint extends LockGrpc.LockImplBase {

    private final Headers headers;
    private final LockQueue claims;

    public LockEndpoint(CallService service, Headers headers, EtcdOptions options) {
        this.headers = headers;
        this.claims = new LockQueue(service, options);
    }

    @Override
    public void lock(LockRequest request, StreamObserver<LockResponse> client) {
        BooleanSupplier isGone = Calls.cancellation(client);
        LockQueue.offload("etcd-lock", client, () -> {
            LockQueue.Claim claim = claims.claim(request.getName(), request.getLease(), new byte[0]);
            if (claims.awaitTurn(claim, isGone, "mutex: session is expired")) {
                Calls.answer(
                        client,
                        LockResponse.newBuilder()
                                .setHeader(headers.now())
                                .setKey(EtcdResponses.bytes(claim.key().bytes()))
                                .build());
            }
        });
    }

    @Override
    public void unlock(UnlockRequest request, StreamObserver<UnlockResponse> client) {
        LockQueue.offload("etcd-lock", client, () -> {
            if (request.getKey().isEmpty()) {
                throw EtcdError.EMPTY_KEY.exception();
            }
            long revision = claims.write(
                            Request.of(null, new Op.Delete(KeyRange.single(Ranges.key(request.getKey())), false)))
                    .revision();
            Calls.answer(
                    client,
                    UnlockResponse.newBuilder().setHeader(headers.at(revision)).build());
        });
    }
}
