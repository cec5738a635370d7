package io.raftgres.node.kv;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** PostgreSQL as the state machine sees it: rows up to the batch that was written last. */
public class MapStore implements RowSource {

    private final TreeMap<Key, Row> rows = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private long index;
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

    /** The next queries fail as if PostgreSQL were away. */
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
        for (Key key : keys) {
            if (rows.containsKey(key)) {
                found.put(key, rows.get(key));
            }
        }
        return found;
    }

    @Override
    public List<Row> scan(KeyRange range, int limit, long atLeastIndex) {
        mayFail();
        if (index < atLeastIndex) {
            throw new StoreUnavailableException("shows " + index + ", not " + atLeastIndex, null);
        }
        return new ArrayList<>(rows.values().stream().filter(row -> range.contains(row.key())).limit(limit).toList());
    }

    @Override
    public Op.Result.Get select(KeyRange range, Selection selection, long atLeastIndex) {
        mayFail();
        if (selection.revision() == 0) {
            return selection.of(scan(range, Integer.MAX_VALUE, atLeastIndex));
        }
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

    @Override
    public List<Row> attached(Collection<Long> leases, int limit, long atLeastIndex) {
        mayFail();
        if (index < atLeastIndex) {
            throw new StoreUnavailableException("shows " + index + ", not " + atLeastIndex, null);
        }
        return rows.values().stream().filter(row -> leases.contains(row.lease())).limit(limit).toList();
    }

    private void mayFail() {
        if (failures > 0) {
            failures--;
            throw new StoreUnavailableException("away", null);
        }
    }
}
