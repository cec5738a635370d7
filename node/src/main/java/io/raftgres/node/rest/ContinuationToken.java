package io.raftgres.node.rest;

import io.raftgres.node.kv.Key;
import io.raftgres.node.kv.KeyRange;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The token with which a range read continues: the rest of the range, at the revision of the first page. Every node
 * accepts the tokens of the others. Its checksum finds accidental changes. It is no secret, because it permits nothing
 * that a query would not.
 */
record ContinuationToken(KeyRange rest, long revision, boolean keysOnly) {

    private static final byte FORMAT = 1;
    private static final int CHECKSUM_BYTES = 8;
    private static final int HEAD_BYTES = 1 + 1 + Long.BYTES + Integer.BYTES;
    private static final int KEYS_ONLY = 1;
    private static final int ENDLESS = 2;

    String encode() {
        byte[] from = rest.from().bytes();
        byte[] to = rest.to() == null ? new byte[0] : rest.to().bytes();
        ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES + from.length + to.length + CHECKSUM_BYTES);
        bytes.put(FORMAT);
        bytes.put((byte) ((keysOnly ? KEYS_ONLY : 0) | (rest.to() == null ? ENDLESS : 0)));
        bytes.putLong(revision).putInt(from.length).put(from).put(to);
        bytes.put(checksum(bytes.array(), bytes.position()));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    /** @throws ProblemException 400 if no node made this token */
    static ContinuationToken decode(byte[] text) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw broken();
        }
        int end = bytes.length - CHECKSUM_BYTES;
        // Encoding the result again refuses other texts that decode to the same bytes.
        boolean canonical =
                Arrays.equals(Base64.getUrlEncoder().withoutPadding().encode(bytes), text);
        if (!canonical
                || end < HEAD_BYTES
                || !Arrays.equals(checksum(bytes, end), Arrays.copyOfRange(bytes, end, bytes.length))) {
            throw broken();
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, end);
        byte format = buffer.get();
        int flags = buffer.get();
        long revision = buffer.getLong();
        int fromLength = buffer.getInt();
        if (format != FORMAT || revision < 1 || fromLength < 0 || fromLength > buffer.remaining()) {
            throw broken();
        }
        byte[] from = new byte[fromLength];
        buffer.get(from);
        byte[] to = new byte[buffer.remaining()];
        buffer.get(to);
        Key bound = (flags & ENDLESS) != 0 ? null : Key.of(to);
        return new ContinuationToken(new KeyRange(Key.of(from), bound), revision, (flags & KEYS_ONLY) != 0);
    }

    private static ProblemException broken() {
        return Problem.invalid("query parameter 'continue' is not a token from a former page");
    }

    private static byte[] checksum(byte[] bytes, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update("raftgres continuation".getBytes(StandardCharsets.US_ASCII));
            digest.update(bytes, 0, length);
            return Arrays.copyOf(digest.digest(), CHECKSUM_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
