package io.raftgres.node.etcd.message;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.raftgres.etcd.api.etcdserver.DeleteRangeResponse;
import io.raftgres.etcd.api.etcdserver.PutResponse;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RangeResponse;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.ResponseHeader;
import io.raftgres.etcd.api.etcdserver.ResponseOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.etcd.api.etcdserver.TxnResponse;
import io.raftgres.etcd.api.mvcc.KeyValue;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Row;
import java.util.List;

/** Converts results to etcd's messages. Bytes are shared, not copied, because rows never change. */
public final class EtcdResponses {

    private EtcdResponses() {}

    public static KeyValue keyValue(Row row) {
        return KeyValue.newBuilder()
                .setKey(bytes(row.key().bytes()))
                .setValue(bytes(row.value()))
                .setCreateRevision(row.createRevision())
                .setModRevision(row.modRevision())
                .setVersion(row.version())
                .setLease(row.lease())
                .build();
    }

    public static ByteString bytes(byte[] bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    public static PutResponse of(ResponseHeader header, Op.Result.Put put) {
        PutResponse.Builder response = PutResponse.newBuilder().setHeader(header);
        if (put.previous() != null) {
            response.setPrevKv(keyValue(put.previous()));
        }
        return response.build();
    }

    public static DeleteRangeResponse of(ResponseHeader header, Op.Result.Delete delete) {
        DeleteRangeResponse.Builder response =
                DeleteRangeResponse.newBuilder().setHeader(header).setDeleted(delete.deleted());
        delete.previous().forEach(row -> response.addPrevKvs(keyValue(row)));
        return response.build();
    }

    /** Converts a row of a read for keys only. As in etcd it has no lease, unless the read needed the value. */
    public static KeyValue shown(RangeRequest range, Row row) {
        if (!range.getKeysOnly()) {
            return keyValue(row);
        }
        KeyValue whole = keyValue(row.withoutValue());
        return range.getSortTarget() == RangeRequest.SortTarget.VALUE
                ? whole
                : whole.toBuilder().clearLease().build();
    }

    private static RangeResponse of(ResponseHeader header, RangeRequest range, Op.Result.Get get) {
        RangeResponse.Builder response =
                RangeResponse.newBuilder().setHeader(header).setMore(get.more()).setCount(get.count());
        get.rows().forEach(row -> response.addKvs(shown(range, row)));
        return response.build();
    }

    /** @param header of the transaction's response */
    public static TxnResponse of(ResponseHeader header, TxnRequest txn, boolean succeeded, List<Op.Result> results) {
        return new Within(header.getRevision(), changes(results)).of(header, txn, succeeded, results);
    }

    private static boolean changes(List<Op.Result> results) {
        return results.stream().anyMatch(result -> switch (result) {
            case Op.Result.Put put -> true;
            case Op.Result.Delete delete -> delete.deleted() > 0;
            case Op.Result.Get get -> false;
            case Op.Result.Txn txn -> changes(txn.results());
            case Op.Result.OfAlone alone -> throw unexpected(result);
        });
    }

    private static IllegalStateException unexpected(Op.Result result) {
        return new IllegalStateException("a transaction has done " + result);
    }

    /**
     * Converts the results within a transaction, in their order. As in etcd, the header of each has only a revision:
     * the one that the operation saw or made. That is the revision before the transaction until an operation has
     * changed something. A nested transaction has an empty header.
     */
    private static final class Within {
        private final ResponseHeader after;
        private ResponseHeader current;

        Within(long revision, boolean changes) {
            this.after = header(revision);
            this.current = changes ? header(revision - 1) : after;
        }

        private static ResponseHeader header(long revision) {
            return ResponseHeader.newBuilder().setRevision(revision).build();
        }

        TxnResponse of(ResponseHeader header, TxnRequest txn, boolean succeeded, List<Op.Result> results) {
            TxnResponse.Builder response =
                    TxnResponse.newBuilder().setHeader(header).setSucceeded(succeeded);
            List<RequestOp> branch = succeeded ? txn.getSuccessList() : txn.getFailureList();
            for (int i = 0; i < results.size(); i++) {
                response.addResponses(op(branch.get(i), results.get(i)));
            }
            return response.build();
        }

        private ResponseOp op(RequestOp asked, Op.Result result) {
            ResponseOp.Builder op = ResponseOp.newBuilder();
            switch (result) {
                case Op.Result.Put put -> {
                    current = after;
                    op.setResponsePut(EtcdResponses.of(current, put));
                }
                case Op.Result.Delete delete -> {
                    current = delete.deleted() > 0 ? after : current;
                    op.setResponseDeleteRange(EtcdResponses.of(current, delete));
                }
                case Op.Result.Get get -> op.setResponseRange(EtcdResponses.of(current, asked.getRequestRange(), get));
                case Op.Result.Txn txn ->
                    op.setResponseTxn(of(
                            ResponseHeader.getDefaultInstance(),
                            asked.getRequestTxn(),
                            txn.succeeded(),
                            txn.results()));
                case Op.Result.OfAlone alone -> throw unexpected(result);
            }
            return op.build();
        }
    }
}
