package io.raftgres.node.kv;

import java.util.List;

/** One operation of a {@link Request}. */
public sealed interface Op {

    /**
     * @param lease lease to attach the key to, 0 for none; it must exist
     * @param returnPrevious whether the result has the replaced row
     * @param keepValue the value stays; the key must exist, {@code value} is empty
     * @param keepLease the lease stays; the key must exist, {@code lease} is 0
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

    /** Deletes all keys in the range. @param returnPrevious whether the result has the deleted rows */
    record Delete(KeyRange range, boolean returnPrevious) implements Op {}

    /** Reads rows: past ones, or current ones as the preceding operations of the same transaction left them. */
    record Get(KeyRange range, Selection selection) implements Op {
        public Get(KeyRange range, int limit, boolean keysOnly) {
            this(range, Selection.of(limit, 0, keysOnly));
        }

        boolean isPointRead() {
            return range.isSingle() && selection.revision() == 0;
        }
    }

    /**
     * A nested transaction. Its compares read the rows before the outermost transaction. All compares together select
     * the branches before the first operation runs.
     */
    record Txn(List<Compare> compares, List<Op> success, List<Op> failure) implements Op {}

    /** An operation that must be alone in its request, without compares, and cannot be part of a transaction. */
    sealed interface Alone extends Op {}

    /**
     * Discards the history below a revision: later reads and watches below it are refused. Uses no revision itself.
     *
     * @param revision above the compacted one, and not above the current one; otherwise the result is not successful
     */
    record Compact(long revision) implements Alone {}

    /** A new lease. Uses no revision. @param lease positive; @param ttlSeconds positive */
    record Grant(long lease, long ttlSeconds) implements Alone {}

    /**
     * Ends leases and deletes the keys attached to them, in one revision. If there are more than
     * {@link Limits#MAX_DELETED_KEYS} keys, or more than {@link Limits#MAX_RANGE_KEY_BYTES} of them, only that many are
     * deleted. The leases then stay, the result is not successful, and the request has to be repeated.
     *
     * @param term 0: requested by a client; a missing lease is refused. Otherwise the leader of that term found them
     *     expired. An entry of any other term does nothing, because each leader restarts all leases
     */
    record Revoke(List<Long> leases, long term) implements Alone {}

    /** A change of users, roles or permissions. Uses no revision. */
    record Auth(AuthCommand command) implements Alone {}

    /**
     * Raises the cluster's version: {@link ClusterVersion}. Uses no revision; does nothing when the version is at least
     * as high.
     */
    record Raise(int version) implements Alone {
        public Raise {
            ClusterVersion.requireReadable(version);
        }
    }

    /** The result of an operation, of the same kind and at the same place in the list. */
    sealed interface Result {
        /**
         * @param row the row that was written, without its value
         * @param previous null when not requested or absent
         */
        record Put(Row row, Row previous) implements Result {}

        record Delete(long deleted, List<Row> previous) implements Result {}

        /** @param more there are more rows than the limit; @param count rows of the range, without limit and filter */
        record Get(List<Row> rows, boolean more, long count) implements Result {}

        record Txn(boolean succeeded, List<Result> results) implements Result {}

        /** The result of an {@link Op.Alone}. */
        sealed interface OfAlone extends Result {}

        /**
         * @param compactedRevision the oldest revision that can be read afterwards, whether the compaction succeeded or
         *     not
         */
        record Compact(long compactedRevision) implements OfAlone {}

        record Grant(long lease, long ttlSeconds) implements OfAlone {}

        /** @param revoked number of leases that it ended */
        record Revoke(int revoked) implements OfAlone {}

        /** Success. */
        record Auth() implements OfAlone {}

        /** @param index of the entry that made the token: a part of the token */
        record Token(long index) implements OfAlone {}

        /** @param version of the cluster afterwards */
        record Raise(int version) implements OfAlone {}
    }
}
