package io.raftgres.node.rest;

import io.raftgres.node.kv.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The token that goes into the log for a header Idempotency-Key: the first 16 bytes of its SHA-256. */
final class IdempotencyToken {
    private IdempotencyToken() {}

    private static final int MAX_CHARS = 255;

    static byte[] of(String header) {
        boolean printable = header.chars().allMatch(c -> c >= 0x20 && c <= 0x7E);
        if (header.isEmpty() || header.length() > MAX_CHARS || !printable) {
            throw Problem.invalid("header Idempotency-Key must be 1 to 255 printable ASCII characters");
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(header.getBytes(StandardCharsets.US_ASCII));
            return Arrays.copyOf(digest, Request.TOKEN_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
