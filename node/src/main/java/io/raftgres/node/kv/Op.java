package io.raftgres.node.kv;

import java.util.List;

/** One operation of a {@link Request}. */
public sealed interface Op {

    /** @param lease 0 for none; @param returnPrevious answer with the replaced row */
    record Put(Key key, byte[] value, long lease, boolean returnPrevious) implements Op {}

    /** Deletes all keys in the range. @param returnPrevious answer with the deleted rows */
    record Delete(KeyRange range, boolean returnPrevious) implements Op {}

    /**
     * Reads current rows, seeing the operations before it in the same transaction.
     *
     * @param limit most rows in the answer, 0 for {@link Limits#MAX_TXN_ROWS}
     */
    record Get(KeyRange range, int limit, boolean keysOnly) implements Op {}

    /**
     * Gives the history below a revision up: reads and watches below it are refused from then on. Takes no revision
     * itself. Stands alone in its request, without compares.
     *
     * @param revision above the compacted one, and not above the current one; otherwise the answer has not succeeded
     */
    record Compact(long revision) implements Op {}

    /** What an operation answers; the same kind, at the same place in the list. */
    sealed interface Result {
        /** @param row the row that was written, its value left out; @param previous null when not asked for or absent */
        record Put(Row row, Row previous) implements Result {}

        record Delete(long deleted, List<Row> previous) implements Result {}

        /** @param more the range holds more rows than the limit */
        record Get(List<Row> rows, boolean more) implements Result {}

        /** @param compactedRevision the oldest revision that can be read after it, whether it has succeeded or not */
        record Compact(long compactedRevision) implements Result {}
    }
}
