package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request against the rows; its changes become visible only when all of it has run. First it is decided, from the
 * rows as they are, which branches run and whether they may; then they run, and nothing can fail any more but a bound.
 */
public final class Transaction {

    /** The rows as they were before the transaction. */
    public interface View {
        long revision();

        long compactedRevision();

        /** @return null when the key does not exist */
        Row current(Key key);

        /** @return current rows in key order, at most {@code limit} */
        List<Row> scan(KeyRange range, int limit);

        /**
         * @return what is selected of a range, at most {@link Limits#MAX_TXN_ROWS} rows
         * @throws RefusedRequestException there are more
         */
        Op.Result.Get select(KeyRange range, Selection selection);

        boolean leaseExists(long lease);
    }

    private final View view;
    private final long revision;
    private final Map<Key, Change> changed = new LinkedHashMap<>(4);

    public Transaction(View view) {
        this.view = view;
        this.revision = view.revision() + 1;
    }

    /** @return in the order in which they were made */
    public Collection<Change> changes() {
        return changed.values();
    }

    /** @throws RefusedRequestException nothing is to be changed */
    public Answer run(Request request) {
        List<Boolean> path = new ArrayList<>();
        decide(request.compares(), request.success(), request.failure(), path);
        check(path.getFirst() ? request.success() : request.failure(), rest(path));
        Op.Result.Txn result = run(request.success(), request.failure(), path.iterator());
        return new Answer(changed.isEmpty() ? view.revision() : revision, result.succeeded(), result.results(), false);
    }

    private static Iterator<Boolean> rest(List<Boolean> path) {
        Iterator<Boolean> decided = path.iterator();
        decided.next();
        return decided;
    }

    /** Which branch runs, of the transaction and then of those within that branch, in their order. */
    private void decide(List<Compare> compares, List<Op> success, List<Op> failure, List<Boolean> path) {
        boolean succeeds = compares.stream().allMatch(this::holds);
        path.add(succeeds);
        for (Op op : succeeds ? success : failure) {
            if (op instanceof Op.Txn txn) {
                decide(txn.compares(), txn.success(), txn.failure(), path);
            }
        }
    }

    private boolean holds(Compare compare) {
        if (compare.range().isSingle()) {
            return compare.holds(view.current(compare.range().from()));
        }
        List<Row> rows = bounded(view.scan(compare.range(), Limits.MAX_TXN_ROWS + 1));
        return rows.isEmpty() ? compare.holds(null) : rows.stream().allMatch(compare::holds);
    }

    private static List<Row> bounded(List<Row> rows) {
        if (rows.size() > Limits.MAX_TXN_ROWS) {
            throw tooManyRows();
        }
        return rows;
    }

    public static RefusedRequestException tooManyRows() {
        return new RefusedRequestException("a range in a transaction holds more than " + Limits.MAX_TXN_ROWS
                + " keys: compare smaller ones, read with a limit");
    }

    private void check(List<Op> branch, Iterator<Boolean> path) {
        for (Op op : branch) {
            switch (op) {
                case Op.Put put -> check(put);
                case Op.Get get -> check(get.selection().revision());
                case Op.Txn txn -> check(path.next() ? txn.success() : txn.failure(), path);
                case Op.Delete delete -> {}
                case Op.Alone alone -> throw notAlone(alone);
            }
        }
    }

    static RefusedRequestException notAlone(Op.Alone op) {
        return new RefusedRequestException("a " + op.getClass().getSimpleName().toLowerCase(Locale.ROOT)
                + " stands alone in its request, without compares");
    }

    private void check(Op.Put put) {
        if (put.lease() != 0 && !view.leaseExists(put.lease())) {
            throw new RefusedRequestException(Reason.LEASE_NOT_FOUND, "there is no lease " + put.lease());
        }
        if (put.needsPrevious() && view.current(put.key()) == null) {
            throw new RefusedRequestException(Reason.KEY_NOT_FOUND,
                    "there is no key " + put.key() + " whose value or lease could stay as it is");
        }
    }

    private void check(long wanted) {
        if (wanted > view.revision()) {
            throw new RefusedRequestException(Reason.FUTURE_REVISION,
                    "revision " + wanted + " is in the future; the store is at " + view.revision());
        }
        if (wanted > 0 && wanted < view.compactedRevision()) {
            throw new RefusedRequestException(Reason.COMPACTED, "revision " + wanted
                    + " has been compacted; the oldest that can be read is " + view.compactedRevision());
        }
    }

    private Op.Result.Txn run(List<Op> success, List<Op> failure, Iterator<Boolean> path) {
        boolean succeeded = path.next();
        List<Op> branch = succeeded ? success : failure;
        List<Op.Result> results = new ArrayList<>(branch.size());
        for (Op op : branch) {
            results.add(switch (op) {
                case Op.Put put -> put(put);
                case Op.Delete delete -> delete(delete);
                case Op.Get get -> get(get);
                case Op.Txn txn -> run(txn.success(), txn.failure(), path);
                case Op.Alone alone -> throw notAlone(alone);
            });
        }
        return new Op.Result.Txn(succeeded, results);
    }

    private Op.Result put(Op.Put put) {
        Row before = current(put.key());
        if (before == null && put.needsPrevious()) {
            throw new RefusedRequestException(Reason.KEY_NOT_FOUND,
                    "key " + put.key() + " is deleted before it is put");
        }
        byte[] value = put.keepValue() ? before.value() : put.value();
        long lease = put.keepLease() ? before.lease() : put.lease();
        Row after = before == null
                ? new Row(put.key(), value, revision, revision, 1, lease)
                : new Row(put.key(), value, before.createRevision(), revision, before.version() + 1, lease);
        change(new Change(revision, before, after));
        return new Op.Result.Put(after.withoutValue(), put.returnPrevious() ? before : null);
    }

    private Op.Result delete(Op.Delete delete) {
        List<Row> rows = rows(delete.range(), Limits.MAX_DELETED_KEYS + 1);
        if (rows.size() > Limits.MAX_DELETED_KEYS) {
            throw new RefusedRequestException("the range holds more than " + Limits.MAX_DELETED_KEYS
                    + " keys, which is more than one delete may remove: delete smaller ranges");
        }
        rows.forEach(row -> change(new Change(revision, row, null)));
        return new Op.Result.Delete(rows.size(), delete.returnPrevious() ? rows : List.of());
    }

    private Op.Result get(Op.Get get) {
        Selection selection = get.selection();
        boolean asBefore = selection.revision() > 0 || changed.keySet().stream().noneMatch(get.range()::contains);
        if (asBefore && !get.isPointRead()) {
            return view.select(get.range(), selection);
        }
        return selection.of(bounded(rows(get.range(), Limits.MAX_TXN_ROWS + 1)));
    }

    private void change(Change change) {
        if (changed.put(change.key(), change) != null) {
            throw new RefusedRequestException("key " + change.key() + " is changed twice in one transaction");
        }
    }

    private Row current(Key key) {
        Change own = changed.get(key);
        return own != null ? own.after() : view.current(key);
    }

    /** @return rows as this transaction sees them, in key order, at most {@code limit} */
    private List<Row> rows(KeyRange range, int limit) {
        if (range.isSingle()) {
            Row row = current(range.from());
            return row == null ? List.of() : List.of(row);
        }
        TreeMap<Key, Row> merged = new TreeMap<>();
        // As many more as this transaction may hide.
        for (Row row : view.scan(range, limit + changed.size())) {
            merged.put(row.key(), row);
        }
        for (Change own : changed.values()) {
            if (range.contains(own.key())) {
                merged.remove(own.key());
                if (own.after() != null) {
                    merged.put(own.key(), own.after());
                }
            }
        }
        return merged.values().stream().limit(limit).toList();
    }

    /** Deletes rows as they are. @return false: as many as one entry may, and there are more */
    boolean delete(List<Row> rows) {
        boolean all = rows.size() <= Limits.MAX_DELETED_KEYS;
        (all ? rows : rows.subList(0, Limits.MAX_DELETED_KEYS))
                .forEach(row -> change(new Change(revision, row, null)));
        return all;
    }
}
