package io.raftgres.node.kv;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** PostgreSQL as the state machine sees it: the rows up to the last written batch. */
public class MapStore implements RowSource {

    private final TreeMap<Key, Row> rows = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private long index;
    private final RowHash rowHash = new RowHash();
    private int failures;
    private int queries;

    public void write(AppliedBatch batch) {
        index = batch.index();
        changes.addAll(batch.changes());
        for (Change change : batch.changes()) {
            if (change.after() == null) {
                rows.remove(change.key());
            } else {
                rows.put(change.key(), change.after());
            }
        }
    }

    /** The next queries fail as if PostgreSQL were unavailable. */
    public void failNext(int queries) {
        failures = queries;
    }

    public TreeMap<Key, Row> rows() {
        return rows;
    }

    public int queries() {
        return queries;
    }

    @Override
    public Map<Key, Row> get(Collection<Key> keys) {
        mayFail();
        queries++;
        Map<Key, Row> found = new HashMap<>();
        long bytes = 0;
        for (Key key : keys) {
            if (rows.containsKey(key)) {
                found.put(key, bytes < MAX_FETCH_BYTES ? rows.get(key) : null);
                bytes += rows.get(key).value().length;
            }
        }
        return found;
    }

    @Override
    public List<Outline> outlines(RowSet wanted, int limit, long atLeastIndex) {
        return find(wanted, limit, atLeastIndex).stream()
                .map(row -> new Outline(row.withoutValue(), row.value().length, 0))
                .toList();
    }

    @Override
    public List<Outline> toDelete(RowSet wanted, int limit, long atLeastIndex) {
        List<Outline> found = new ArrayList<>();
        long bytes = 0;
        for (Row row : find(wanted, limit, atLeastIndex)) {
            bytes += row.value().length;
            found.add(
                    bytes <= Outline.KEPT_BYTES || row.value().length == 0
                            ? Outline.of(row)
                            : new Outline(row.withoutValue(), row.value().length, rowHash.of(row)));
        }
        return found;
    }

    private List<Row> find(RowSet wanted, int limit, long atLeastIndex) {
        mayFail();
        if (index < atLeastIndex) {
            throw new StoreUnavailableException("shows " + index + ", not " + atLeastIndex, null);
        }
        List<Row> found = new ArrayList<>();
        long keyBytes = 0;
        for (Row row : rows.values()) {
            boolean isWanted = switch (wanted) {
                case RowSet.InRange(KeyRange range) -> range.contains(row.key());
                case RowSet.OfLeases(List<Long> leases) -> leases.contains(row.lease());
            };
            if (isWanted && found.size() < limit && keyBytes <= Limits.MAX_RANGE_KEY_BYTES) {
                found.add(row);
                keyBytes += row.key().length();
            }
        }
        return found;
    }

    @Override
    public boolean holds(Compare compare, long atLeastIndex) {
        List<Row> found = find(new RowSet.InRange(compare.range()), Integer.MAX_VALUE, atLeastIndex);
        return found.isEmpty() ? compare.holds(null) : found.stream().allMatch(compare::holds);
    }

    @Override
    public Op.Result.Get select(KeyRange range, Selection selection, long maxBytes, long atLeastIndex) {
        Op.Result.Get found = select(range, selection, atLeastIndex);
        if (found.rows().size() > 1
                && found.rows().stream().mapToLong(Limits::responseBytes).sum() > maxBytes) {
            throw Transaction.responseTooLarge();
        }
        return found;
    }

    private Op.Result.Get select(KeyRange range, Selection selection, long atLeastIndex) {
        if (selection.revision() == 0) {
            return selection.of(find(new RowSet.InRange(range), Integer.MAX_VALUE, atLeastIndex));
        }
        mayFail();
        TreeMap<Key, Row> past = new TreeMap<>();
        for (Change change : changes) {
            if (change.revision() <= selection.revision() && range.contains(change.key())) {
                past.remove(change.key());
                if (change.after() != null) {
                    past.put(change.key(), change.after());
                }
            }
        }
        return selection.of(List.copyOf(past.values()));
    }

    private void mayFail() {
        if (failures > 0) {
            failures--;
            throw new StoreUnavailableException("unavailable", null);
        }
    }
}
