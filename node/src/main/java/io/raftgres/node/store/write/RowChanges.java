package io.raftgres.node.store.write;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The net effect of batches: of a key that changed several times only the first state before and the last state after
 * count.
 */
public final class RowChanges {

    /** A row that replaces the one of {@code replacedRevision}. */
    public record Update(Row row, long replacedRevision) {}

    /** A row that ended, as stored in the history. */
    public record Ended(Row row, long endRevision, boolean deleted) {}

    /** A deleted row without its value, which has {@code bytes}. */
    public record Left(Row row, long endRevision, int bytes) {}

    private record Span(Row first, Row last) {}

    final List<Row> inserts = new ArrayList<>();
    final List<Update> updates = new ArrayList<>();
    final List<Row> deletes = new ArrayList<>();
    final List<Ended> ended = new ArrayList<>();
    /** Deleted rows whose values were left in kv: they move into the history from there. */
    final List<Left> left = new ArrayList<>();

    private RowChanges(List<AppliedBatch> batches) {
        Map<Key, Span> spans = new HashMap<>();
        for (AppliedBatch batch : batches) {
            for (Change change : batch.changes()) {
                if (change.leftValue() && change.isDelete()) {
                    left.add(new Left(change.before(), change.revision(), change.leftBytes()));
                    continue;
                }
                if (change.before() != null) {
                    ended.add(new Ended(change.before(), change.revision(), change.isDelete()));
                }
                spans.merge(
                        change.key(),
                        new Span(change.before(), change.after()),
                        (old, next) -> new Span(old.first(), next.last()));
            }
        }
        // In key order the index is walked once from left to right: its pages stay in the processor's cache.
        spans.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> add(entry.getValue()));
        left.sort((one, other) -> one.row().key().compareTo(other.row().key()));
    }

    /**
     * @return the changes to write one after the other. A batch that left values in kv finds there the rows that the
     *     earlier ones have written, and changes none of those keys twice
     */
    public static List<RowChanges> of(List<AppliedBatch> batches) {
        List<RowChanges> all = new ArrayList<>(1);
        int from = 0;
        for (int i = 0; i < batches.size(); i++) {
            if (batches.get(i).changes().stream().anyMatch(Change::leftValue)) {
                if (from < i) {
                    all.add(new RowChanges(batches.subList(from, i)));
                }
                all.add(new RowChanges(batches.subList(i, i + 1)));
                from = i + 1;
            }
        }
        if (from < batches.size()) {
            all.add(new RowChanges(batches.subList(from, batches.size())));
        }
        return all;
    }

    public boolean endsRows() {
        return !ended.isEmpty() || !left.isEmpty();
    }

    private void add(Span span) {
        if (span.first() == null && span.last() != null) {
            inserts.add(span.last());
        } else if (span.first() != null && span.last() != null) {
            updates.add(new Update(span.last(), span.first().modRevision()));
        } else if (span.first() != null) {
            deletes.add(span.first());
        }
    }
}
