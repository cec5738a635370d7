package io.raftgres.node.kv;

import java.util.List;
import java.util.stream.Stream;

/**
 * A write request in the log: a transaction, of which a plain put or delete is the smallest. If all compares hold,
 * {@code success} runs, otherwise {@code failure}. At most {@link Limits#MAX_TXN_OPS} compares and operations a branch;
 * a key may be put once in a branch.
 *
 * @param token idempotency token, 16 bytes, null for none: a second request with it gets the result of the first
 * @param tokenAgeMillis upper bound of the time since the token's first use, at the time of the proposal; 0: this is
 *     the first use, or the time is unknown. Only in a cluster of version {@link ClusterVersion#TOKEN_AGE}
 * @param caller the user who asks for it; {@link CallerId#NOBODY} while users are not checked
 */
public record Request(
        byte[] token,
        long tokenAgeMillis,
        CallerId caller,
        List<Compare> compares,
        List<Op> success,
        List<Op> failure) {

    public static final int TOKEN_BYTES = 16;

    public Request {
        if (tokenAgeMillis < 0 || tokenAgeMillis > 0 && token == null) {
            throw new IllegalArgumentException(
                    "invalid token age of " + tokenAgeMillis + " ms: it needs a token and must not be negative");
        }
    }

    public Request(byte[] token, List<Compare> compares, List<Op> success, List<Op> failure) {
        this(token, 0, CallerId.NOBODY, compares, success, failure);
    }

    /** @return the same request with its token's age */
    public Request withTokenAge(long millis) {
        return new Request(token, millis, caller, compares, success, failure);
    }

    /** @return the same request of this caller */
    public Request withCaller(CallerId other) {
        return new Request(token, tokenAgeMillis, other, compares, success, failure);
    }

    public static Request of(byte[] token, Op op) {
        return new Request(token, List.of(), List.of(op), List.of());
    }

    /** @return whether it is one operation that runs whatever the rows are */
    boolean isAlone() {
        return compares.isEmpty() && success.size() == 1 && failure.isEmpty();
    }

    /**
     * @return whether it is one operation and not a transaction. Nearly all requests are, and need less work than the
     *     others
     */
    private boolean isSingle() {
        return isAlone() && !(success.getFirst() instanceof Op.Txn);
    }

    /** @return the operations of both branches and of nested transactions; a transaction comes before its own */
    public Stream<Op> ops() {
        return isSingle() ? Stream.of(success.getFirst()) : ops(success, failure);
    }

    private static Stream<Op> ops(List<Op> success, List<Op> failure) {
        return Stream.concat(success.stream(), failure.stream())
                .flatMap(op -> op instanceof Op.Txn txn
                        ? Stream.concat(Stream.of(op), ops(txn.success(), txn.failure()))
                        : Stream.of(op));
    }

    /** @return the compares, those of nested transactions included */
    public Stream<Compare> allCompares() {
        return isSingle()
                ? Stream.empty()
                : Stream.concat(
                        compares.stream(),
                        ops().flatMap(op -> op instanceof Op.Txn txn ? txn.compares().stream() : Stream.empty()));
    }
}
