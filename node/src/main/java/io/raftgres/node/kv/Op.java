package io.raftgres.node.kv;

import java.util.List;

/** One operation of a {@link Request}. */
public sealed interface Op {

    /**
     * @param lease lease to attach the key to, 0 for none; it must exist
     * @param returnPrevious answer with the replaced row
     * @param keepValue the value stays as it is; the key must exist, {@code value} is empty
     * @param keepLease the lease stays as it is; the key must exist, {@code lease} is 0
     */
    record Put(Key key, byte[] value, long lease, boolean returnPrevious, boolean keepValue, boolean keepLease)
            implements Op {
        public Put(Key key, byte[] value, long lease, boolean returnPrevious) {
            this(key, value, lease, returnPrevious, false, false);
        }

        boolean needsPrevious() {
            return keepValue || keepLease;
        }
    }

    /** Deletes all keys in the range. @param returnPrevious answer with the deleted rows */
    record Delete(KeyRange range, boolean returnPrevious) implements Op {}

    /** Reads rows: current ones as the operations before it in the same transaction left them, or past ones. */
    record Get(KeyRange range, Selection selection) implements Op {
        public Get(KeyRange range, int limit, boolean keysOnly) {
            this(range, Selection.of(limit, 0, keysOnly));
        }

        boolean isPointRead() {
            return range.isSingle() && selection.revision() == 0;
        }
    }

    /**
     * A transaction within one. Its compares see the rows as they were before the outermost one, and all of them
     * together decide which branches run before the first operation does.
     */
    record Txn(List<Compare> compares, List<Op> success, List<Op> failure) implements Op {}

    /** What stands alone in its request, without compares: none of it is part of a transaction. */
    sealed interface Alone extends Op {}

    /**
     * Gives the history below a revision up: reads and watches below it are refused from then on. Takes no revision
     * itself.
     *
     * @param revision above the compacted one, and not above the current one; otherwise the answer has not succeeded
     */
    record Compact(long revision) implements Alone {}

    /** A new lease. Takes no revision. @param lease positive; @param ttlSeconds positive */
    record Grant(long lease, long ttlSeconds) implements Alone {}

    /**
     * Ends leases and deletes the keys that are attached to them, in one revision. When there are more than
     * {@link Limits#MAX_DELETED_KEYS}, or than {@link Limits#MAX_RANGE_KEY_BYTES} of them, that many are deleted, the
     * leases stay, and the answer has not succeeded: it is to be asked for again.
     *
     * @param term 0: asked for by a client; a lease that does not exist is refused. Otherwise they have expired in the
     *     eyes of that term's leader: an entry of any other term does nothing, for each leader begins all leases anew
     */
    record Revoke(List<Long> leases, long term) implements Alone {}

    /** A change of users, roles or permissions. Takes no revision. */
    record Auth(AuthCommand command) implements Alone {}

    /**
     * Raises the cluster's version: {@link ClusterVersion}. Takes no revision; does nothing when it is as high already.
     */
    record Raise(int version) implements Alone {
        public Raise {
            ClusterVersion.requireReadable(version);
        }
    }

    /** What an operation answers; the same kind, at the same place in the list. */
    sealed interface Result {
        /**
         * @param row the row that was written, its value left out;
         * @param previous null when not asked for or absent
         */
        record Put(Row row, Row previous) implements Result {}

        record Delete(long deleted, List<Row> previous) implements Result {}

        /** @param more there are more rows than the limit; @param count rows of the range, whatever limit and filter */
        record Get(List<Row> rows, boolean more, long count) implements Result {}

        record Txn(boolean succeeded, List<Result> results) implements Result {}

        /** Of an {@link Op.Alone}. */
        sealed interface OfAlone extends Result {}

        /** @param compactedRevision the oldest revision that can be read after it, whether it has succeeded or not */
        record Compact(long compactedRevision) implements OfAlone {}

        record Grant(long lease, long ttlSeconds) implements OfAlone {}

        /** @param revoked leases that have ended by it */
        record Revoke(int revoked) implements OfAlone {}

        /** Done. */
        record Auth() implements OfAlone {}

        /** @param version of the cluster after it */
        record Raise(int version) implements OfAlone {}
    }
}
