package io.raftgres.node.etcd.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RangeResponse;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.etcd.api.etcdserver.ResponseOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.TxnResponse;
import io.raftgres.node.etcd.TestGateway;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The responses are those of etcd 3.7.1 to the same requests. */
class KvEndpointTest {

    private static final ByteString FROM_KEY = ByteString.copyFrom(new byte[] {0});

    private final TestGateway gateway = new TestGateway();
    private final ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", gateway.server.port())
            .usePlaintext()
            .build();
    private final KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);

    @AfterEach
    void close() {
        channel.shutdownNow();
        gateway.close();
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static RequestOp put(String key) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(bytes(key)))
                .build();
    }

    private static RequestOp delete(String key) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes(key)))
                .build();
    }

    private static RequestOp get(String key, long revision) {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(bytes(key)).setRevision(revision))
                .build();
    }

    private static RequestOp within(RequestOp... ops) {
        return RequestOp.newBuilder()
                .setRequestTxn(TxnRequest.newBuilder().addAllSuccess(List.of(ops)))
                .build();
    }

    private TxnResponse run(RequestOp... ops) {
        return kv.txn(TxnRequest.newBuilder().addAllSuccess(List.of(ops)).build());
    }

    @Test
    void streamOfAnOldRevisionReportsTheCurrentRevision() {
        run(put("a"), put("b"));
        run(put("a"));
        RangeRequest past = RangeRequest.newBuilder()
                .setKey(bytes("a"))
                .setRangeEnd(FROM_KEY)
                .setRevision(2)
                .build();
        List<RangeResponse> pieces = new ArrayList<>();
        kv.rangeStream(past).forEachRemaining(piece -> pieces.add(piece.getRangeResponse()));
        assertEquals(3, pieces.getLast().getHeader().getRevision());
        assertEquals(2, pieces.getLast().getCount());
        pieces.subList(0, pieces.size() - 1).forEach(piece -> assertFalse(piece.hasHeader()));
        assertEquals(3, kv.range(past).getHeader().getRevision());
    }

    @Test
    void operationsOfATransactionReportTheRevisionTheyReadOrMade() {
        run(put("a"));
        assertEquals(
                List.of(2L, 2L, 3L, 3L, 3L),
                revisions(run(delete("absent"), get("a", 0), put("b"), get("a", 0), delete("absent"))));
        assertEquals(List.of(3L, 3L), revisions(run(delete("absent"), get("a", 0))));
        // A nested transaction has an empty header. The revisions of its operations continue from the outer one.
        TxnResponse nested = run(within(delete("absent"), put("c")), get("a", 0), within(within(), get("a", 0)));
        assertTrue(nested.getResponses(0).getResponseTxn().hasHeader());
        assertEquals(List.of(0L, 4L, 0L), revisions(nested));
        assertEquals(List.of(3L, 4L), revisions(nested.getResponses(0).getResponseTxn()));
        assertEquals(List.of(0L, 4L), revisions(nested.getResponses(2).getResponseTxn()));
    }

    private static List<Long> revisions(TxnResponse txn) {
        return txn.getResponsesList().stream()
                .map(KvEndpointTest::header)
                .map(ResponseHeader::getRevision)
                .toList();
    }

    private static ResponseHeader header(ResponseOp op) {
        return switch (op.getResponseCase()) {
            case RESPONSE_PUT -> op.getResponsePut().getHeader();
            case RESPONSE_DELETE_RANGE -> op.getResponseDeleteRange().getHeader();
            case RESPONSE_RANGE -> op.getResponseRange().getHeader();
            case RESPONSE_TXN -> op.getResponseTxn().getHeader();
            case RESPONSE_NOT_SET -> throw new AssertionError(op);
        };
    }

    @Test
    void aRevisionBelowZeroIsOfNowAloneAndCompactedInATransaction() {
        run(put("a"));
        for (long revision : new long[] {-1, Integer.MIN_VALUE, Long.MIN_VALUE}) {
            RangeRequest alone = get("a", revision).getRequestRange();
            assertEquals(1, kv.range(alone).getKvsCount());
            assertEquals(1, kv.rangeStream(alone).next().getRangeResponse().getKvsCount());
            String compacted = "OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted";
            assertEquals(compacted, refusal(put("b"), get("a", revision)));
            assertEquals(compacted, refusal(get("a", revision)));
            assertEquals(compacted, refusal(put("b"), within(get("a", revision))));
        }
        assertEquals(
                "OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision",
                refusal(put("b"), get("a", Long.MAX_VALUE)));
        assertEquals(
                2,
                kv.range(RangeRequest.newBuilder().setKey(bytes("b")).build())
                        .getHeader()
                        .getRevision(),
                "nothing was written");
    }

    private String refusal(RequestOp... ops) {
        return assertThrows(StatusRuntimeException.class, () -> run(ops)).getMessage();
    }
}
