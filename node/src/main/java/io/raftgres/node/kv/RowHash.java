package io.raftgres.node.kv;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash of one row. The hash of a store is the sum of its rows' hashes modulo 2^64, so a batch updates it without
 * reading rows. It uses SHA-256, so that PostgreSQL can compute the same with its own {@code sha256()}: the first 8
 * bytes, big-endian, of sha256(int4 key length, key, int8 create, int8 mod, int8 version, int8 lease, value).
 *
 * <p>Not thread-safe: one instance a thread.
 */
public final class RowHash {

    private final MessageDigest digest;
    private final ByteBuffer numbers = ByteBuffer.allocate(4 * Long.BYTES);

    public RowHash() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK lacks SHA-256", e);
        }
    }

    public long of(Row row) {
        numbers.clear().putInt(row.key().length());
        digest.update(numbers.array(), 0, Integer.BYTES);
        digest.update(row.key().bytes());
        numbers.clear()
                .putLong(row.createRevision())
                .putLong(row.modRevision())
                .putLong(row.version())
                .putLong(row.lease());
        digest.update(numbers.array(), 0, numbers.position());
        digest.update(row.value());
        return ByteBuffer.wrap(digest.digest()).getLong();
    }

    /** @return the store's hash after {@code change}, which has all its values */
    public long apply(long hash, Change change) {
        long next = hash;
        if (change.before() != null) {
            next -= of(change.before());
        }
        if (change.after() != null) {
            next += of(change.after());
        }
        return next;
    }
}
