package io.raftgres.node.etcd.kv;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RangeResponse;
import io.raftgres.etcd.api.etcdserver.RangeStreamResponse;
import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.node.etcd.call.Backpressure;
import io.raftgres.node.etcd.call.Calls;
import io.raftgres.node.etcd.call.ResponseMemory;
import io.raftgres.node.etcd.message.EtcdResponses;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.etcd.message.Requests;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import io.raftgres.node.kv.Row;
import io.raftgres.node.kv.Selection;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.KvService.Consistency;
import io.raftgres.node.service.KvService.RangeQuery;
import java.time.Duration;
import java.util.function.LongConsumer;

/** Serves reads of ranges in three ways: from memory, in one message, or as a stream of messages. */
final class RangeReads {

    /**
     * Approximate bytes of one message of a stream, unless one row is larger. The node keeps this amount for a client
     * that does not take it.
     */
    private static final int CHUNK_BYTES = 128 << 10;

    /** A stream ends if its client has not taken a message within this time. */
    private static final Duration STALL = Duration.ofSeconds(60);

    private final KvService service;
    private final Headers headers;
    private final ResponseMemory memory;

    RangeReads(KvService service, Headers headers, ResponseMemory memory) {
        this.memory = memory;
        this.service = service;
        this.headers = headers;
    }

    /** @return whether the request is for the current row of one key, which is mostly in memory */
    static boolean isPointRead(RangeRequest range, KeyRange keys) {
        return range.getRangeEnd().isEmpty()
                && range.getRevision() <= 0
                && Requests.selection(range).filter().isNone()
                && keys.isSingle();
    }

    void point(
            RangeRequest range,
            Key key,
            Consistency consistency,
            Duration timeout,
            StreamObserver<RangeResponse> client) {
        MemoryAccount.Hold unsent = memory.unsent(client);
        Calls.whenDone(client, () -> service.get(key, consistency, timeout), read -> {
            RangeResponse.Builder response = RangeResponse.newBuilder().setHeader(headers.at(read.revision()));
            if (read.row() != null) {
                response.setCount(1);
                if (!range.getCountOnly()) {
                    response.addKvs(EtcdResponses.shown(range, read.row()));
                }
            }
            return ResponseMemory.counted(unsent, response.build());
        });
    }

    void unary(
            RangeRequest range,
            KeyRange keys,
            Consistency consistency,
            Duration timeout,
            StreamObserver<RangeResponse> client) {
        Selection selection = Requests.selection(range);
        ResponseMemory.Made<RangeResponse> made = memory.open(client);
        Calls.offload("etcd-range", client, () -> {
            try (made) {
                OneMessage message = new OneMessage(made, range);
                KvService.RangeEnd end =
                        service.range(new RangeQuery(keys, selection, true, consistency), timeout, message);
                made.send(message.response
                        .setMore(end.next() != null)
                        .setCount(end.count())
                        .build());
            }
        });
    }

    void stream(
            RangeRequest range,
            KeyRange keys,
            Consistency consistency,
            Duration timeout,
            StreamObserver<RangeStreamResponse> client) {
        Selection selection = Requests.selection(range);
        boolean inOrder = range.getSortOrder() == RangeRequest.SortOrder.NONE
                || selection.target() == Selection.Target.KEY && !selection.descending();
        if (!inOrder) {
            throw unimplemented("RangeStream does not support custom sort orders");
        }
        if (!selection.filter().isNone()) {
            throw unimplemented("RangeStream does not support revision filters");
        }
        ServerCallStreamObserver<RangeStreamResponse> stream = (ServerCallStreamObserver<RangeStreamResponse>) client;
        Backpressure backpressure = new Backpressure(stream, STALL);
        Calls.offload("etcd-range", client, () -> {
            try (MemoryAccount.Hold unsent = memory.ofStream()) {
                Chunks chunks = new Chunks(stream, backpressure, range, unsent);
                KvService.RangeEnd end =
                        service.range(new RangeQuery(keys, selection, true, consistency), timeout, chunks);
                // As in etcd, only the last chunk has the facts about the whole range.
                chunks.response
                        .setHeader(chunks.header)
                        .setMore(end.next() != null)
                        .setCount(end.count());
                chunks.send();
                stream.onCompleted();
            }
        });
    }

    /** As in etcd, a read at a past revision returns the store's current revision. */
    private ResponseHeader header(RangeRequest range, long revision) {
        return range.getRevision() <= 0 ? headers.at(revision) : headers.now();
    }

    private static RuntimeException unimplemented(String why) {
        return Status.UNIMPLEMENTED.withDescription(why).asRuntimeException();
    }

    private final class OneMessage implements KvService.RangeConsumer {
        private final LongConsumer held;
        private final RangeRequest range;
        private final RangeResponse.Builder response = RangeResponse.newBuilder();

        OneMessage(LongConsumer held, RangeRequest range) {
            this.held = held;
            this.range = range;
        }

        @Override
        public void header(long revision) {
            response.setHeader(RangeReads.this.header(range, revision));
        }

        @Override
        public boolean row(Row row) {
            held.accept(row.sizeBytes());
            response.addKvs(EtcdResponses.shown(range, row));
            return true;
        }
    }

    private final class Chunks implements KvService.RangeConsumer {
        private final ServerCallStreamObserver<RangeStreamResponse> stream;
        private final Backpressure backpressure;
        private final RangeRequest range;
        private ResponseHeader header;
        private RangeResponse.Builder response = RangeResponse.newBuilder();
        private final MemoryAccount.Hold unsent;
        private int bytes;

        Chunks(
                ServerCallStreamObserver<RangeStreamResponse> stream,
                Backpressure backpressure,
                RangeRequest range,
                MemoryAccount.Hold unsent) {
            this.unsent = unsent;
            this.stream = stream;
            this.backpressure = backpressure;
            this.range = range;
        }

        @Override
        public void header(long revision) {
            header = RangeReads.this.header(range, revision);
        }

        @Override
        public boolean row(Row row) {
            response.addKvs(EtcdResponses.shown(range, row));
            bytes += row.sizeBytes();
            if (bytes < CHUNK_BYTES) {
                return true;
            }
            send();
            return stream.isReady();
        }

        @Override
        public boolean awaitReady(long nanos) {
            return backpressure.awaitReady(nanos);
        }

        private void send() {
            if (stream.isReady()) {
                unsent.release();
            }
            if (!unsent.take(bytes)) {
                throw ResponseMemory.notTaken();
            }
            stream.onNext(
                    RangeStreamResponse.newBuilder().setRangeResponse(response).build());
            response = RangeResponse.newBuilder();
            bytes = 0;
        }
    }
}
