package io.raftgres.node.etcd.message;

import com.google.protobuf.ByteString;
import io.raftgres.etcd.api.etcdserver.DeleteRangeRequest;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.etcd.api.etcdserver.RangeRequest;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.etcd.api.etcdserver.TxnRequest;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.kv.Compare;
import io.raftgres.node.kv.Limits;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.Selection;
import java.util.List;

/**
 * Converts etcd's requests to requests of the service layer. Before that it makes the checks that etcd makes on the
 * request alone, in etcd's order.
 */
public final class Requests {

    private final int maxKeyBytes;

    public Requests(int maxKeyBytes) {
        this.maxKeyBytes = maxKeyBytes;
    }

    public void check(RangeRequest range) {
        checkKey(range.getKey());
        checkLength(range.getRangeEnd());
        if (range.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
                || range.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED) {
            throw EtcdError.INVALID_SORT_OPTION.exception();
        }
    }

    private void checkKey(ByteString key) {
        if (key.isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        checkLength(key);
    }

    private void checkLength(ByteString key) {
        // One byte more: the end of a range may be the successor of the longest key.
        if (key.size() > maxKeyBytes + 1) {
            throw EtcdError.REQUEST_TOO_LARGE.exception();
        }
    }

    private void check(PutRequest put) {
        checkKey(put.getKey());
        if (put.getKey().size() > maxKeyBytes) {
            throw EtcdError.REQUEST_TOO_LARGE.exception();
        }
        if (put.getIgnoreValue() && !put.getValue().isEmpty()) {
            throw EtcdError.VALUE_PROVIDED.exception();
        }
        if (put.getIgnoreLease() && put.getLease() != 0) {
            throw EtcdError.LEASE_PROVIDED.exception();
        }
    }

    private void check(DeleteRangeRequest delete) {
        checkKey(delete.getKey());
        checkLength(delete.getRangeEnd());
    }

    public Request of(PutRequest put) {
        check(put);
        return Request.of(null, op(put));
    }

    public Request of(DeleteRangeRequest delete) {
        check(delete);
        return Request.of(null, op(delete));
    }

    public Request of(TxnRequest txn) {
        check(txn, Limits.MAX_TXN_OPS);
        ChangedKeys.check(txn.getSuccessList());
        ChangedKeys.check(txn.getFailureList());
        return new Request(null, compares(txn), ops(txn.getSuccessList()), ops(txn.getFailureList()));
    }

    /**
     * @param maxOps number of operations that this transaction may have; a nested transaction may have as many fewer as
     *     the outer one has
     */
    private void check(TxnRequest txn, int maxOps) {
        int ops = Math.max(txn.getCompareCount(), Math.max(txn.getSuccessCount(), txn.getFailureCount()));
        if (ops > maxOps) {
            throw EtcdError.TOO_MANY_OPS.exception();
        }
        txn.getCompareList().forEach(compare -> {
            checkKey(compare.getKey());
            checkLength(compare.getRangeEnd());
        });
        txn.getSuccessList().forEach(op -> check(op, maxOps - ops));
        txn.getFailureList().forEach(op -> check(op, maxOps - ops));
    }

    private void check(RequestOp op, int maxOps) {
        switch (op.getRequestCase()) {
            case REQUEST_RANGE -> check(op.getRequestRange());
            case REQUEST_PUT -> check(op.getRequestPut());
            case REQUEST_DELETE_RANGE -> check(op.getRequestDeleteRange());
            case REQUEST_TXN -> check(op.getRequestTxn(), maxOps);
            case REQUEST_NOT_SET -> throw EtcdError.KEY_NOT_FOUND.exception();
        }
    }

    private static List<Op> ops(List<RequestOp> ops) {
        return ops.stream().map(Requests::op).toList();
    }

    private static Op op(RequestOp op) {
        return switch (op.getRequestCase()) {
            case REQUEST_RANGE ->
                new Op.Get(
                        Ranges.of(
                                op.getRequestRange().getKey(),
                                op.getRequestRange().getRangeEnd()),
                        selectionWithin(op.getRequestRange()));
            case REQUEST_PUT -> op(op.getRequestPut());
            case REQUEST_DELETE_RANGE -> op(op.getRequestDeleteRange());
            case REQUEST_TXN ->
                new Op.Txn(
                        compares(op.getRequestTxn()),
                        ops(op.getRequestTxn().getSuccessList()),
                        ops(op.getRequestTxn().getFailureList()));
            case REQUEST_NOT_SET -> throw new IllegalStateException("checked before");
        };
    }

    private static Op op(PutRequest put) {
        return new Op.Put(
                Ranges.key(put.getKey()),
                put.getValue().toByteArray(),
                put.getLease(),
                put.getPrevKv(),
                put.getIgnoreValue(),
                put.getIgnoreLease());
    }

    private static Op op(DeleteRangeRequest delete) {
        return new Op.Delete(Ranges.of(delete.getKey(), delete.getRangeEnd()), delete.getPrevKv());
    }

    /** In a transaction etcd refuses a negative revision as compacted. Outside it means the current revision. */
    private static Selection selectionWithin(RangeRequest range) {
        Selection selection = selection(range);
        return range.getRevision() >= 0
                ? selection.withRevision(Math.min(range.getRevision(), Selection.NEVER - 1))
                : selection.withRevision(Selection.NEVER);
    }

    public static Selection selection(RangeRequest range) {
        Selection.Target target = switch (range.getSortTarget()) {
            case KEY -> Selection.Target.KEY;
            case VERSION -> Selection.Target.VERSION;
            case CREATE -> Selection.Target.CREATE_REVISION;
            case MOD -> Selection.Target.MOD_REVISION;
            case VALUE -> Selection.Target.VALUE;
            case UNRECOGNIZED -> throw EtcdError.INVALID_SORT_OPTION.exception();
        };
        return new Selection(
                Math.max(0, range.getRevision()),
                Math.max(0, range.getLimit()),
                range.getKeysOnly(),
                range.getCountOnly(),
                target,
                range.getSortOrder() == RangeRequest.SortOrder.DESCEND,
                new Selection.Filter(
                        range.getMinModRevision(),
                        range.getMaxModRevision(),
                        range.getMinCreateRevision(),
                        range.getMaxCreateRevision()));
    }

    private static List<Compare> compares(TxnRequest txn) {
        return txn.getCompareList().stream().map(Requests::compare).toList();
    }

    private static Compare compare(io.raftgres.etcd.api.etcdserver.Compare compare) {
        Compare.Relation relation = switch (compare.getResult()) {
            case EQUAL -> Compare.Relation.EQUAL;
            case GREATER -> Compare.Relation.GREATER;
            case LESS -> Compare.Relation.LESS;
            case NOT_EQUAL -> Compare.Relation.NOT_EQUAL;
            case UNRECOGNIZED -> throw EtcdError.INVALID_SORT_OPTION.exception();
        };
        var range = Ranges.of(compare.getKey(), compare.getRangeEnd());
        return switch (compare.getTarget()) {
            case VERSION -> new Compare(range, Compare.Target.VERSION, relation, compare.getVersion(), null);
            case CREATE ->
                new Compare(range, Compare.Target.CREATE_REVISION, relation, compare.getCreateRevision(), null);
            case MOD -> new Compare(range, Compare.Target.MOD_REVISION, relation, compare.getModRevision(), null);
            case LEASE -> new Compare(range, Compare.Target.LEASE, relation, compare.getLease(), null);
            case VALUE ->
                new Compare(
                        range,
                        Compare.Target.VALUE,
                        relation,
                        0,
                        compare.getValue().toByteArray());
            case UNRECOGNIZED -> throw EtcdError.INVALID_SORT_OPTION.exception();
        };
    }
}
