package io.raftgres.node.store;

import io.raftgres.node.kv.AppliedBatch;
import io.raftgres.node.kv.Change;
import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What batches come to: of a key that changed several times only the first state before and the last after count. */
final class RowChanges {

    /** A row that replaces the one of {@code replacedRevision}. */
    record Update(Row row, long replacedRevision) {}

    /** A row that ended, as the history keeps it. */
    record Ended(Row row, long endRevision, boolean deleted) {}

    private record Span(Row first, Row last) {}

    final List<Row> inserts = new ArrayList<>();
    final List<Update> updates = new ArrayList<>();
    final List<Row> deletes = new ArrayList<>();
    final List<Ended> ended = new ArrayList<>();

    RowChanges(List<AppliedBatch> batches) {
        Map<Key, Span> spans = new HashMap<>();
        for (AppliedBatch batch : batches) {
            for (Change change : batch.changes()) {
                if (change.before() != null) {
                    ended.add(new Ended(change.before(), change.revision(), change.isDelete()));
                }
                spans.merge(change.key(), new Span(change.before(), change.after()),
                        (old, next) -> new Span(old.first(), next.last()));
            }
        }
        // In key order the index is walked once from left to right: its pages stay in the processor's cache.
        spans.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> add(entry.getValue()));
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
