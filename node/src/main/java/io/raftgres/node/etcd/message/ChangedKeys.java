package io.raftgres.node.etcd.message;

import com.google.protobuf.ByteString;
import io.raftgres.etcd.api.etcdserver.RequestOp;
import io.raftgres.node.etcd.call.EtcdError;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Checks that no branch of a transaction puts a key twice, or puts a key that it deletes. This is etcd's rule, checked
 * in etcd's order. A request that passes there must pass here too, such as a nested transaction that deletes a key
 * which an earlier nested transaction puts.
 */
public final class ChangedKeys {

    private final Set<Key> puts = new HashSet<>();
    /** Deleted ranges, merged: from begin to end. */
    private final TreeMap<Key, End> deletes = new TreeMap<>();

    /** @param key null: the range has no end */
    private record End(Key key) {
        boolean isBefore(Key other) {
            return key != null && key.compareTo(other) < 0;
        }

        End max(End other) {
            return key == null || other.key != null && other.key.compareTo(key) <= 0 ? this : other;
        }
    }

    private ChangedKeys() {}

    /** @throws io.grpc.StatusRuntimeException if the branch has a duplicate key */
    public static void check(List<RequestOp> branch) {
        of(branch);
    }

    private static ChangedKeys of(List<RequestOp> branch) {
        ChangedKeys changed = new ChangedKeys();
        for (RequestOp op : branch) {
            if (op.hasRequestDeleteRange()) {
                changed.delete(Ranges.of(
                        op.getRequestDeleteRange().getKey(),
                        op.getRequestDeleteRange().getRangeEnd()));
            }
        }
        for (RequestOp op : branch) {
            if (op.hasRequestTxn()) {
                changed.add(
                        of(op.getRequestTxn().getSuccessList()),
                        of(op.getRequestTxn().getFailureList()));
            }
        }
        for (RequestOp op : branch) {
            if (op.hasRequestPut()) {
                changed.put(op.getRequestPut().getKey());
            }
        }
        return changed;
    }

    private void put(ByteString bytes) {
        Key key = Ranges.key(bytes);
        if (isDeleted(key) || !puts.add(key)) {
            throw EtcdError.DUPLICATE_KEY.exception();
        }
    }

    /** Adds the changes of two branches. Only one of them runs, so both may put the same key. */
    private void add(ChangedKeys success, ChangedKeys failure) {
        Set<Key> both = new HashSet<>(success.puts);
        both.addAll(failure.puts);
        for (Key key : both) {
            if (isDeleted(key) || !puts.add(key)) {
                throw EtcdError.DUPLICATE_KEY.exception();
            }
        }
        success.deletes.forEach((from, end) -> delete(new KeyRange(from, end.key())));
        failure.deletes.forEach((from, end) -> delete(new KeyRange(from, end.key())));
    }

    private boolean isDeleted(Key key) {
        Map.Entry<Key, End> range = deletes.floorEntry(key);
        return range != null
                && (range.getValue().key() == null
                        || key.compareTo(range.getValue().key()) < 0);
    }

    private void delete(KeyRange range) {
        if (range.to() != null && range.to().compareTo(range.from()) <= 0) {
            return;
        }
        Key from = range.from();
        End end = new End(range.to());
        Map.Entry<Key, End> before = deletes.floorEntry(from);
        if (before != null && !before.getValue().isBefore(from)) {
            from = before.getKey();
            end = end.max(before.getValue());
        }
        for (Map.Entry<Key, End> next = deletes.ceilingEntry(from);
                next != null && !end.isBefore(next.getKey());
                next = deletes.ceilingEntry(from)) {
            end = end.max(next.getValue());
            deletes.remove(next.getKey());
        }
        deletes.put(from, end);
    }
}
