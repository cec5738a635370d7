package io.raftgres.node.kv;

import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Executes one request on the rows; its changes become visible only when all of it has run. First, the transaction
 * selects the branches and checks them, on the rows before it. Then the branches run, and only a bound can still fail
 * them.
 */
public final class Transaction {

    /** The rows as they were before the transaction. */
    public interface View {
        long revision();

        long compactedRevision();

        /** @return null when the key does not exist */
        Row current(Key key);

        /** @return current rows by their keys; missing keys are left out */
        Map<Key, Row> rows(Collection<Key> keys);

        /** @return see {@link RowSource#outlines}, of a range */
        List<Outline> outlines(KeyRange range, int limit);

        /** @return see {@link RowSource#toDelete}, of a range */
        List<Outline> toDelete(KeyRange range, int limit);

        /**
         * @return the selected rows of a range, at most {@link Limits#MAX_TXN_ROWS} rows
         * @throws RefusedRequestException there are more, or they exceed {@code maxBytes} of a response
         */
        Op.Result.Get select(KeyRange range, Selection selection, long maxBytes);

        /**
         * @param compare on a range
         * @throws RefusedRequestException it has more than {@link Limits#MAX_TXN_ROWS} rows, or more bytes than
         *     {@link Limits#MAX_COMPARED_BYTES} before the first row for which it does not hold
         */
        boolean holds(Compare compare);

        boolean leaseExists(long lease);
    }

    private final View view;
    private final long revision;
    private final boolean putThenDelete;
    /** The latest change of each key. */
    private final Map<Key, Change> changed = new LinkedHashMap<>(4);
    /** All changes, when a key has been put and then deleted; otherwise null. */
    private List<Change> all;

    private final long maxResponseBytes;
    private long responseBytes;
    /** Largest row in the response that alone exceeds the bound: one such row is always allowed. */
    private long largestRow;

    private long replacedBytes;
    private int deletedByRange;
    private long deletedKeyBytes;
    /** Sum of the hashes of deleted rows whose values were left out. */
    private long leftHash;

    /**
     * @param maxResponseBytes a larger response is refused
     * @param putThenDelete whether a key that was put may be deleted: {@link ClusterVersion#PUT_THEN_DELETE}
     */
    public Transaction(View view, long maxResponseBytes, boolean putThenDelete) {
        this.view = view;
        this.putThenDelete = putThenDelete;
        this.revision = view.revision() + 1;
        this.maxResponseBytes = maxResponseBytes;
    }

    /** @return the changes in the order in which they were made */
    public Collection<Change> changes() {
        return all != null ? all : changed.values();
    }

    /** @return the part of the store's hash that belongs to deleted rows whose values were left out */
    long leftHash() {
        return leftHash;
    }

    /** @throws RefusedRequestException nothing is changed */
    public ApplyResult run(Request request) {
        List<Boolean> path = new ArrayList<>();
        decide(request.compares(), request.success(), request.failure(), path);
        check(path.getFirst() ? request.success() : request.failure(), rest(path));
        Op.Result.Txn result = run(request.success(), request.failure(), path.iterator());
        return new ApplyResult(
                changed.isEmpty() ? view.revision() : revision, result.succeeded(), result.results(), false);
    }

    private static Iterator<Boolean> rest(List<Boolean> path) {
        Iterator<Boolean> decided = path.iterator();
        decided.next();
        return decided;
    }

    /** Selects the branches: of the transaction, and then of the nested ones in that branch, in their order. */
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
        return view.holds(compare);
    }

    public static RefusedRequestException tooManyRows() {
        return new RefusedRequestException("a range in a transaction holds more than " + Limits.MAX_TXN_ROWS
                + " keys, or more than " + Limits.MAX_RANGE_KEY_BYTES
                + " bytes of keys: compare smaller ranges, or read with a limit");
    }

    public static RefusedRequestException tooMuchCompared() {
        return new RefusedRequestException("a compare of the values of a range looks at more than "
                + Limits.MAX_COMPARED_BYTES + " bytes: compare smaller ranges, or revisions instead of values");
    }

    public static RefusedRequestException responseTooLarge() {
        return new RefusedRequestException(
                Reason.RESPONSE_TOO_LARGE,
                "the response to a transaction that writes would have"
                        + " more than " + Limits.MAX_RESPONSE_BYTES
                        + " bytes of keys and values; nothing was changed. Leave the"
                        + " previous values out, read keys only or with a limit, or read smaller ranges");
    }

    private static RefusedRequestException tooManyDeleted() {
        return new RefusedRequestException("the ranges hold more than " + Limits.MAX_DELETED_KEYS
                + " keys, or more than " + Limits.MAX_RANGE_KEY_BYTES
                + " bytes of keys, which is more than one request may delete: delete smaller ranges");
    }

    /** Adds to the size of the response. */
    private void countBytes(long bytes) {
        responseBytes += bytes;
        if (responseBytes - largestRow > maxResponseBytes) {
            throw responseTooLarge();
        }
    }

    /** Adds a row to the size of the response. @param bytes of the row */
    private void answersRow(long bytes) {
        if (bytes > maxResponseBytes) {
            largestRow = Math.max(largestRow, bytes);
        }
        countBytes(bytes);
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
                + " must be alone in its request, without compares");
    }

    private void check(Op.Put put) {
        if (put.lease() != 0 && !view.leaseExists(put.lease())) {
            throw new RefusedRequestException(Reason.LEASE_NOT_FOUND, "there is no lease " + put.lease());
        }
        if (put.needsPrevious() && view.current(put.key()) == null) {
            throw new RefusedRequestException(
                    Reason.KEY_NOT_FOUND, "there is no key " + put.key() + " whose value or lease could be kept");
        }
    }

    private void check(long wanted) {
        if (wanted == Selection.NEVER) {
            throw new RefusedRequestException(Reason.COMPACTED, "a revision below 0 has been compacted");
        }
        if (wanted > view.revision()) {
            throw new RefusedRequestException(
                    Reason.FUTURE_REVISION,
                    "revision " + wanted + " is in the future; the store is at " + view.revision());
        }
        if (wanted > 0 && wanted < view.compactedRevision()) {
            throw new RefusedRequestException(
                    Reason.COMPACTED,
                    "revision " + wanted + " has been compacted; the oldest that can be read is "
                            + view.compactedRevision());
        }
    }

    private Op.Result.Txn run(List<Op> success, List<Op> failure, Iterator<Boolean> path) {
        boolean succeeded = path.next();
        List<Op> branch = succeeded ? success : failure;
        List<Op.Result> results = new ArrayList<>(branch.size());
        for (Op op : branch) {
            results.add(
                    switch (op) {
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
            throw new RefusedRequestException(
                    Reason.KEY_NOT_FOUND, "key " + put.key() + " is deleted before it is put");
        }
        byte[] value = put.keepValue() ? before.value() : put.value();
        long lease = put.keepLease() ? before.lease() : put.lease();
        Row after = before == null
                ? new Row(put.key(), value, revision, revision, 1, lease)
                : new Row(put.key(), value, before.createRevision(), revision, before.version() + 1, lease);
        change(new Change(revision, before, after));
        Row written = after.withoutValue();
        countBytes(Limits.responseBytes(written));
        if (put.returnPrevious() && before != null) {
            answersRow(Limits.responseBytes(before));
        }
        return new Op.Result.Put(written, put.returnPrevious() ? before : null);
    }

    private Op.Result delete(Op.Delete delete) {
        countBytes(Limits.responseBytes(null));
        List<Outline> rows = toDelete(delete.range());
        if (delete.returnPrevious()) {
            rows.forEach(row -> answersRow(row.responseBytes()));
        }
        rows.forEach(this::delete);
        return new Op.Result.Delete(rows.size(), delete.returnPrevious() ? whole(rows) : List.of());
    }

    private List<Outline> toDelete(KeyRange range) {
        if (range.isSingle()) {
            Row row = current(range.from());
            return row == null ? List.of() : List.of(Outline.of(row));
        }
        List<Outline> own = changed.values().stream()
                .filter(each -> !each.isDelete() && range.contains(each.key()))
                .map(each -> Outline.of(each.after()))
                .toList();
        if (!own.isEmpty() && !putThenDelete) {
            throw changedTwice(own.getFirst().row().key());
        }
        // Requests additional rows for those that this transaction itself deleted.
        List<Outline> found = view.toDelete(range, Limits.MAX_DELETED_KEYS + 1 + changed.size());
        List<Outline> rows = found.stream()
                .filter(row -> !changed.containsKey(row.row().key()))
                .toList();
        deletedByRange += rows.size();
        deletedKeyBytes += keyBytes(found);
        if (deletedByRange > Limits.MAX_DELETED_KEYS || deletedKeyBytes > Limits.MAX_RANGE_KEY_BYTES) {
            throw tooManyDeleted();
        }
        return own.isEmpty()
                ? rows
                : Stream.concat(rows.stream(), own.stream())
                        .sorted(Comparator.comparing(row -> row.row().key()))
                        .toList();
    }

    private static long keyBytes(List<Outline> rows) {
        return rows.stream().mapToLong(row -> row.row().key().length()).sum();
    }

    private void delete(Outline row) {
        change(Change.delete(revision, row));
        leftHash += row.isWhole() ? 0 : row.hash();
    }

    /** @param rows with their values; omitted values of few bytes in total are fetched */
    private List<Row> whole(List<Outline> rows) {
        List<Key> left = rows.stream()
                .filter(row -> !row.isWhole())
                .map(row -> row.row().key())
                .toList();
        Map<Key, Row> fetched = left.isEmpty() ? Map.of() : view.rows(left);
        return rows.stream()
                .map(row -> row.isWhole()
                        ? row.row()
                        : sameRow(fetched.get(row.row().key()), row.row()))
                .toList();
    }

    /** PostgreSQL may have crashed between the two reads, and lost transactions that it had not flushed. */
    private static Row sameRow(Row fetched, Row outlined) {
        if (fetched == null || fetched.modRevision() != outlined.modRevision()) {
            throw new StoreUnavailableException(
                    "PostgreSQL no longer has the row that it showed for key " + outlined.key(), null);
        }
        return fetched;
    }

    private Op.Result get(Op.Get get) {
        Selection selection = get.selection();
        countBytes(Limits.responseBytes(null));
        boolean asBefore = selection.revision() > 0 || changed.keySet().stream().noneMatch(get.range()::contains);
        if (!asBefore && !get.range().isSingle()) {
            return selectChanged(get.range(), selection);
        }
        Op.Result.Get result;
        if (get.isPointRead()) {
            Row row = current(get.range().from());
            result = selection.of(row == null ? List.of() : List.of(row));
        } else {
            result = view.select(get.range(), selection, Math.max(0, maxResponseBytes - responseBytes));
        }
        result.rows().forEach(row -> answersRow(Limits.responseBytes(row)));
        return result;
    }

    /**
     * Selects from the rows as this transaction has left them. It orders them without their values, because few of them
     * are needed.
     */
    private Op.Result.Get selectChanged(KeyRange range, Selection selection) {
        // Requests additional rows for those that this transaction may hide.
        List<Outline> before = view.outlines(range, Limits.MAX_TXN_ROWS + 1 + changed.size());
        TreeMap<Key, Outline> rows = new TreeMap<>();
        before.forEach(row -> rows.put(row.row().key(), row));
        for (Change own : changed.values()) {
            if (range.contains(own.key())) {
                rows.remove(own.key());
                if (own.after() != null) {
                    rows.put(own.key(), Outline.of(own.after()));
                }
            }
        }
        if (rows.size() > Limits.MAX_TXN_ROWS || keyBytes(before) > Limits.MAX_RANGE_KEY_BYTES) {
            throw tooManyRows();
        }
        if (selection.target() == Selection.Target.VALUE && !selection.countOnly()) {
            if (rows.values().stream().mapToLong(Outline::leftBytes).sum() > maxResponseBytes) {
                throw responseTooLarge();
            }
            List<Row> whole = whole(List.copyOf(rows.values()));
            whole.forEach(row -> rows.put(row.key(), Outline.of(row)));
        }
        Op.Result.Get found =
                selection.of(rows.values().stream().map(Outline::row).toList());
        List<Outline> selected =
                found.rows().stream().map(row -> rows.get(row.key())).toList();
        if (selection.keysOnly()) {
            found.rows().forEach(row -> answersRow(Limits.responseBytes(row)));
            return found;
        }
        selected.forEach(row -> answersRow(row.responseBytes()));
        return new Op.Result.Get(whole(selected), found.more(), found.count());
    }

    private void change(Change change) {
        Change own = changed.put(change.key(), change);
        if (own != null) {
            if (!putThenDelete || own.isDelete() || !change.isDelete()) {
                throw changedTwice(change.key());
            }
            if (all == null) {
                all = new ArrayList<>(changed.values());
                all.set(all.indexOf(change), own);
            }
        }
        if (all != null) {
            all.add(change);
        }
        replacedBytes += change.before() == null ? 0 : change.before().value().length;
        if (replacedBytes > Limits.MAX_REPLACED_BYTES && changed.size() > 1) {
            throw new RefusedRequestException("the values that the transaction would replace have more than "
                    + Limits.MAX_REPLACED_BYTES + " bytes: change fewer keys at a time");
        }
    }

    private static RefusedRequestException changedTwice(Key key) {
        return new RefusedRequestException("key " + key + " is changed twice in one transaction");
    }

    private Row current(Key key) {
        Change own = changed.get(key);
        return own != null ? own.after() : view.current(key);
    }

    /** Deletes existing rows, in their order. @return false: the limit of one entry is reached, and there are more */
    boolean delete(List<Outline> rows) {
        for (Outline row : rows) {
            deletedKeyBytes += row.row().key().length();
            if (++deletedByRange > Limits.MAX_DELETED_KEYS || deletedKeyBytes > Limits.MAX_RANGE_KEY_BYTES) {
                return false;
            }
            delete(row);
        }
        return true;
    }
}
