package io.raftgres.node.kv;

import java.util.List;
import java.util.stream.Stream;

/**
 * A write as it goes into the log: a transaction, of which a plain put or delete is the smallest.
 * All compares hold: {@code success} runs, otherwise {@code failure}. At most {@link Limits#MAX_TXN_OPS} compares and
 * operations a branch; a key may be put once in a branch.
 *
 * @param token idempotency token, 16 bytes, null for none: a second request with it answers what the first did
 */
public record Request(byte[] token, List<Compare> compares, List<Op> success, List<Op> failure) {

    public static final int TOKEN_BYTES = 16;

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
        return Stream.concat(success.stream(), failure.stream()).flatMap(op -> op instanceof Op.Txn txn
                ? Stream.concat(Stream.of(op), ops(txn.success(), txn.failure())) : Stream.of(op));
    }

    /** @return the compares, those of transactions within it too */
    public Stream<Compare> allCompares() {
        return isSingle() ? Stream.empty() : Stream.concat(compares.stream(),
                ops().flatMap(op -> op instanceof Op.Txn txn ? txn.compares().stream() : Stream.empty()));
    }
}
