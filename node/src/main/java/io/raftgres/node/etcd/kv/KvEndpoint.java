package io.raftgres.node.etcd.kv;

import com.google.protobuf.Message;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.CompactionRequest;
import io.raftgres.etcd.api.etcdserver.CompactionResponse;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.DeleteRangeResponse;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.PutResponse;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RangeResponse;
import io.raftgres.etcd.api.etcdserver.RangeStreamResponse;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.TxnResponse;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.ResponseMemory;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.etcd.message.Ranges;
import io.raftgres.node.etcd.message.Requests;
import io.raftgres.node.kv.ApplyResult;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.service.KvService.Consistency;
import java.time.Duration;
import java.util.function.BiFunction;

/** etcd's KV service. */
public final class KvEndpoint extends KVGrpc.KVImplBase {

    private final CallService service;
    private final Headers headers;
    private final EtcdOptions options;
    private final Requests requests;
    private final RangeReads ranges;
    private final ResponseMemory memory;

    public KvEndpoint(CallService service, Headers headers, EtcdOptions options, ResponseMemory memory) {
        this.memory = memory;
        this.service = service;
        this.headers = headers;
        this.options = options;
        this.requests = new Requests(options.maxKeyBytes());
        this.ranges = new RangeReads(service, headers, memory);
    }

    @Override
    public void put(PutRequest put, StreamObserver<PutResponse> client) {
        write(
                client,
                put,
                () -> requests.of(put),
                (header, result) -> EtcdResponses.of(
                        header, (Op.Result.Put) result.results().getFirst()));
    }

    @Override
    public void deleteRange(DeleteRangeRequest delete, StreamObserver<DeleteRangeResponse> client) {
        write(
                client,
                delete,
                () -> requests.of(delete),
                (header, result) -> EtcdResponses.of(
                        header, (Op.Result.Delete) result.results().getFirst()));
    }

    @Override
    public void txn(TxnRequest txn, StreamObserver<TxnResponse> client) {
        BiFunction<ResponseHeader, ApplyResult, TxnResponse> response =
                (header, result) -> EtcdResponses.of(header, txn, result.succeeded(), result.results());
        if (isReadOnly(txn)) {
            ResponseMemory.Made<TxnResponse> made = memory.open(client);
            Calls.offload("etcd-txn", client, () -> {
                try (made) {
                    ApplyResult result = service.read(requests.of(txn), consistency(txn), Calls.timeout(options), made);
                    made.send(response.apply(headers.at(result.revision()), result));
                }
            });
        } else {
            write(client, txn, () -> requests.of(txn), response);
        }
    }

    private static boolean isReadOnly(TxnRequest txn) {
        return txn.getSuccessList().stream().allMatch(RequestOp::hasRequestRange)
                && txn.getFailureList().stream().allMatch(RequestOp::hasRequestRange);
    }

    /** As in etcd, a transaction need not be linearizable if none of its reads must be. */
    private static Consistency consistency(TxnRequest txn) {
        boolean local = txn.getSuccessList().stream()
                        .allMatch(op -> op.getRequestRange().getSerializable())
                && txn.getFailureList().stream()
                        .allMatch(op -> op.getRequestRange().getSerializable());
        return local ? Consistency.LOCAL : Consistency.LINEARIZABLE;
    }

    @Override
    public void compact(CompactionRequest compaction, StreamObserver<CompactionResponse> client) {
        Calls.whenDone(
                client,
                () -> service.compact(null, compaction.getRevision(), Calls.timeout(options)),
                done -> CompactionResponse.newBuilder()
                        .setHeader(headers.at(done.revision()))
                        .build());
    }

    @Override
    public void range(RangeRequest range, StreamObserver<RangeResponse> client) {
        Consistency consistency = range.getSerializable() ? Consistency.LOCAL : Consistency.LINEARIZABLE;
        Duration timeout = Calls.timeout(options);
        Calls.guard(client, () -> {
            requests.check(range);
            KeyRange keys = Ranges.of(range.getKey(), range.getRangeEnd());
            if (RangeReads.isPointRead(range, keys)) {
                ranges.point(range, keys.from(), consistency, timeout, client);
            } else {
                ranges.unary(range, keys, consistency, timeout, client);
            }
        });
    }

    @Override
    public void rangeStream(RangeRequest range, StreamObserver<RangeStreamResponse> client) {
        Consistency consistency = range.getSerializable() ? Consistency.LOCAL : Consistency.LINEARIZABLE;
        Duration timeout = Calls.timeout(options);
        Calls.guard(client, () -> {
            requests.check(range);
            ranges.stream(range, Ranges.of(range.getKey(), range.getRangeEnd()), consistency, timeout, client);
        });
    }

    private interface Translation {
        Request request();
    }

    private <A extends Message> void write(
            StreamObserver<A> client,
            Message message,
            Translation translation,
            BiFunction<ResponseHeader, ApplyResult, A> response) {
        boolean small = message instanceof PutRequest put && !put.getPrevKv();
        MemoryAccount.Hold unsent = small ? null : memory.unsent(client);
        Calls.whenDone(
                client,
                () -> {
                    Request request = translation.request();
                    if (message.getSerializedSize() > options.maxRequestBytes()) {
                        throw EtcdError.REQUEST_TOO_LARGE.exception();
                    }
                    return service.write(request, Calls.timeout(options));
                },
                result -> {
                    A done = response.apply(headers.at(result.revision()), result);
                    return unsent == null ? done : ResponseMemory.added(unsent, done);
                });
    }
}
