package io.raftgres.node.etcd;

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

/** Our answers as etcd's messages. Bytes are shared, not copied: rows never change. */
final class Answers {

    private Answers() {}

    static KeyValue keyValue(Row row) {
        return KeyValue.newBuilder().setKey(bytes(row.key().bytes())).setValue(bytes(row.value()))
                .setCreateRevision(row.createRevision()).setModRevision(row.modRevision()).setVersion(row.version())
                .setLease(row.lease()).build();
    }

    static ByteString bytes(byte[] bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    static PutResponse of(ResponseHeader header, Op.Result.Put put) {
        PutResponse.Builder response = PutResponse.newBuilder().setHeader(header);
        if (put.previous() != null) {
            response.setPrevKv(keyValue(put.previous()));
        }
        return response.build();
    }

    static DeleteRangeResponse of(ResponseHeader header, Op.Result.Delete delete) {
        DeleteRangeResponse.Builder response =
                DeleteRangeResponse.newBuilder().setHeader(header).setDeleted(delete.deleted());
        delete.previous().forEach(row -> response.addPrevKvs(keyValue(row)));
        return response.build();
    }

    /** A row of a read that asked for keys only: as in etcd without its lease, unless the value had to be read. */
    static KeyValue shown(RangeRequest range, Row row) {
        if (!range.getKeysOnly()) {
            return keyValue(row);
        }
        KeyValue whole = keyValue(row.withoutValue());
        return range.getSortTarget() == RangeRequest.SortTarget.VALUE ? whole : whole.toBuilder().clearLease().build();
    }

    private static RangeResponse of(ResponseHeader header, RangeRequest range, Op.Result.Get get) {
        RangeResponse.Builder response =
                RangeResponse.newBuilder().setHeader(header).setMore(get.more()).setCount(get.count());
        get.rows().forEach(row -> response.addKvs(shown(range, row)));
        return response.build();
    }

    /** @param header the transaction's; what is within has a header with the revision alone, as etcd's */
    static TxnResponse of(ResponseHeader header, TxnRequest txn, boolean succeeded, List<Op.Result> results) {
        TxnResponse.Builder response = TxnResponse.newBuilder().setHeader(header).setSucceeded(succeeded);
        ResponseHeader inner = ResponseHeader.newBuilder().setRevision(header.getRevision()).build();
        List<RequestOp> branch = succeeded ? txn.getSuccessList() : txn.getFailureList();
        for (int i = 0; i < results.size(); i++) {
            response.addResponses(op(inner, branch.get(i), results.get(i)));
        }
        return response.build();
    }

    private static ResponseOp op(ResponseHeader header, RequestOp asked, Op.Result result) {
        ResponseOp.Builder op = ResponseOp.newBuilder();
        switch (result) {
            case Op.Result.Put put -> op.setResponsePut(of(header, put));
            case Op.Result.Delete delete -> op.setResponseDeleteRange(of(header, delete));
            case Op.Result.Get get -> op.setResponseRange(of(header, asked.getRequestRange(), get));
            case Op.Result.Txn txn ->
                op.setResponseTxn(of(header, asked.getRequestTxn(), txn.succeeded(), txn.results()));
            case Op.Result.OfAlone alone -> throw unexpected(result);
        }
        return op.build();
    }

    private static IllegalStateException unexpected(Op.Result result) {
        return new IllegalStateException("a transaction has done " + result);
    }
}
