package io.raftgres.node.kv;

import io.raftgres.node.kv.KeyValueMachine.Decoded;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Loads the rows that a run of entries needs and that are not in memory, with one query. Owned by the apply thread.
 */
final class MissingRows {

    private final RowCache cache;
    private final RowSource source;

    MissingRows(RowCache cache, RowSource source) {
        this.cache = cache;
        this.source = source;
    }

    /**
     * Loads the rows of all keys in the run into memory, with one query for the missing ones.
     *
     * @return number of entries, from the first on, that have all their rows in memory. It is also 1 when the first
     *     entry's rows are too many: that entry then looks them up one by one, and holds those that it replaces
     */
    int fetch(List<Decoded> run) {
        // In the order of the entries: if the rows are too many, the first entries have theirs.
        Set<Key> missing = new LinkedHashSet<>();
        run.forEach(decoded -> addMissing(missing, decoded));
        if (missing.isEmpty() || fetch(missing)) {
            return run.size();
        }
        for (int ready = 0; ready < run.size(); ready++) {
            Set<Key> left = new HashSet<>();
            addMissing(left, run.get(ready));
            if (!left.isEmpty()) {
                return Math.max(ready, 1);
            }
        }
        return run.size();
    }

    private void addMissing(Set<Key> missing, Decoded decoded) {
        if (decoded.command() != null) {
            Request request = decoded.command().request();
            request.allCompares()
                    .filter(compare -> compare.range().isSingle())
                    .forEach(compare -> addMissing(missing, compare.range().from()));
            request.ops().forEach(op -> addMissing(missing, op));
        }
    }

    private void addMissing(Set<Key> missing, Op op) {
        switch (op) {
            case Op.Put put -> addMissing(missing, put.key());
            case Op.Delete delete
            when delete.range().isSingle() -> addMissing(missing, delete.range().from());
            case Op.Get get
            when get.isPointRead() -> addMissing(missing, get.range().from());
            case Op.Delete delete -> {}
            case Op.Get get -> {}
            case Op.Txn txn -> {}
            case Op.Alone alone -> {}
        }
    }

    private void addMissing(Set<Key> missing, Key key) {
        if (cache.find(key) == null) {
            missing.add(key);
        }
    }

    /** @return false: some rows were left out */
    private boolean fetch(Collection<Key> keys) {
        Map<Key, Row> found = source.get(keys);
        boolean all = true;
        for (Key key : keys) {
            Row row = found.get(key);
            boolean left = row == null && found.containsKey(key);
            if (!left) {
                cache.loaded(key, row, Long.MAX_VALUE);
            }
            all &= !left;
        }
        return all;
    }
}
