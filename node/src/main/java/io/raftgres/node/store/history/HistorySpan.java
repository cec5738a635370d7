package io.raftgres.node.store.history;

/** Bounds of a partition of the history. @param from first ending revision in it; @param to the first one after it */
public record HistorySpan(long from, long to) {
    public HistorySpan {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("invalid bounds of a history partition: " + from + " to " + to);
        }
    }
}
