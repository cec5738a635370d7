package io.raftgres.node.kv;

import java.util.List;
import java.util.stream.Stream;

/**
 * A write as it goes into the log: a transaction, of which a plain put or delete is the smallest.
 * All compares hold: {@code success} runs, otherwise {@code failure}. At most {@link Limits#MAX_TXN_OPS} compares and
 * operations a branch; a key may be put once in a branch.
 *
 * @param token idempotency token, 16 bytes, null for none: a second request with it answers what the first did
 * @param tokenAgeMillis how long ago, at most, the token was first used when this is proposed; 0: this is its first
 *     use, or nothing is known of that. Only in a cluster of version {@link ClusterVersion#TOKEN_AGE}
 */
public record Request(byte[] token, long tokenAgeMillis, List<Compare> compares, List<Op> success, List<Op> failure) {

    public static final int TOKEN_BYTES = 16;

    public Request {
        if (tokenAgeMillis < 0 || tokenAgeMillis > 0 && token == null) {
            throw new IllegalArgumentException("no token was first used " + tokenAgeMillis + " ms ago");
        }
    }

    public Request(byte[] token, List<Compare> compares, List<Op> success, List<Op> failure) {
        this(token, 0, compares, success, failure);
    }

    /** @return the same, with its token's age */
    public Request withTokenAge(long millis) {
        return new Request(token, millis, compares, success, failure);
    }

    public static Request of(byte[] token, Op op) {
        return new Request(token, List.of(), List.of(op), List.of());
    }

    /** @return whether it is one operation that runs whatever the rows are */
    boolean isAlone() {
        return compares.isEmpty() && success.size() == 1 && failure.isEmpty();
    }

    /** One operation and no transaction: nearly all there are, and worth sparing what the others need. */
    private boolean isSingle() {
        return isAlone() && !(success.getFirst() instanceof Op.Txn);
    }

    /** @return the operations of both branches, those of transactions within it too; a transaction before its own */
    public Stream<Op> ops() {
        return isSingle() ? Stream.of(success.getFirst()) : ops(success, failure);
    }

    private static Stream<Op> ops(List<Op> success, List<Op> failure) {
        return Stream.concat(success.stream(), failure.stream())
                .flatMap(op -> op instanceof Op.Txn txn
                        ? Stream.concat(Stream.of(op), ops(txn.success(), txn.failure()))
                        : Stream.of(op));
    }

    /** @return the compares, those of transactions within it too */
    public Stream<Compare> allCompares() {
        return isSingle()
                ? Stream.empty()
                : Stream.concat(
                        compares.stream(),
                        ops().flatMap(op -> op instanceof Op.Txn txn ? txn.compares().stream() : Stream.empty()));
    }
}
