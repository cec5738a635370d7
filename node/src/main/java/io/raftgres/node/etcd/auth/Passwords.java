package io.raftgres.node.etcd.auth;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** The stored form of a password: the hash and how it was made. The password itself never reaches the log. */
final class Passwords {

    private static final byte PBKDF2 = 1;
    /** A password that the client has hashed itself, as etcd's clients do with bcrypt. */
    private static final byte GIVEN = 2;

    private static final int ITERATIONS = 210_000;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BITS = 256;
    private static final SecureRandom RANDOM = new SecureRandom();
    static final int WORKING = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    static final int WAITING = 32;
    private static final Places PLACES = new Places(WORKING, WAITING);

    private Passwords() {}

    /**
     * Hashes a password. This takes some tens of milliseconds of a processor (PBKDF2 with HMAC-SHA-256, RFC 8018). Half
     * of the processors are left to the node, so the call may wait for others first.
     *
     * @throws io.grpc.StatusRuntimeException when too many wait
     */
    static byte[] hash(String password) {
        return PLACES.run(() -> hashNow(password));
    }

    private static byte[] hashNow(String password) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        try {
            byte[] hash = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, ITERATIONS, HASH_BITS))
                    .getEncoded();
            return ByteBuffer.allocate(1 + Integer.BYTES + salt.length + hash.length)
                    .put(PBKDF2)
                    .putInt(ITERATIONS)
                    .put(salt)
                    .put(hash)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has PBKDF2", e);
        }
    }

    /**
     * @param base64 of a hash
     * @throws IllegalArgumentException if it is not base64
     */
    static byte[] given(String base64) {
        byte[] hash = Base64.getDecoder().decode(base64);
        return ByteBuffer.allocate(1 + hash.length).put(GIVEN).put(hash).array();
    }
}
