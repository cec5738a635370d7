package io.raftgres.node.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;

/**
 * The stored form of a password: the hash and how it was made. The password itself never reaches the log. A hash or a
 * check takes some tens of milliseconds of a processor. Half of the processors are left to the node, so a call may wait
 * for others first.
 */
public final class Passwords {

    /** Hashes of the first builds. */
    private static final byte PBKDF2 = 1;
    /** bcrypt, by this node or by the client itself, in the form of etcd's clients: {@code $2a$10$...}. */
    private static final byte BCRYPT = 2;

    /** bcrypt looks at no more bytes; etcd refuses longer passwords. */
    public static final int MAX_BYTES = 72;

    private static final String VERSION = "2a";
    private static final int COST = 10;
    /** A client's hash of a higher cost would keep a processor for seconds, up to days: it matches no password. */
    private static final int MAX_COST = 15;

    /** Where the two digits of the cost are. */
    private static final int COST_AT = 4;

    private static final int COST_END = 6;
    private static final int SALT_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();
    /** A hash of no password, to be checked for a user that does not exist: that takes as long. */
    private static final byte[] NONE = bcrypt(VERSION, "");

    static final int WORKING = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    static final int WAITING = 32;
    private static final Places PLACES = new Places(WORKING, WAITING);

    private Passwords() {}

    /**
     * @param password with at most {@link #MAX_BYTES} bytes in UTF-8
     * @return its hash, by bcrypt
     * @throws io.raftgres.node.kv.ServiceException.Overloaded when too many wait
     */
    public static byte[] hash(String password) {
        return PLACES.run(() -> bcrypt(VERSION, password));
    }

    private static byte[] bcrypt(String version, String password) {
        byte[] salt = new byte[SALT_BYTES];
        RANDOM.nextBytes(salt);
        return stored(OpenBSDBCrypt.generate(version, password.getBytes(StandardCharsets.UTF_8), salt, COST)
                .getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * @param base64 of a hash by bcrypt
     * @throws IllegalArgumentException if it is not base64
     */
    public static byte[] given(String base64) {
        return stored(Base64.getDecoder().decode(base64));
    }

    private static byte[] stored(byte[] hash) {
        return ByteBuffer.allocate(1 + hash.length).put(BCRYPT).put(hash).array();
    }

    /**
     * @param stored null: there is no such user; the check takes as long, and fails
     * @throws io.raftgres.node.kv.ServiceException.Overloaded when too many wait
     */
    public static boolean matches(byte[] stored, String password) {
        return PLACES.run(() -> matchesNow(stored == null ? NONE : stored, password)) && stored != null;
    }

    private static boolean matchesNow(byte[] stored, String password) {
        if (stored.length == 0) {
            return false;
        }
        byte[] rest = Arrays.copyOfRange(stored, 1, stored.length);
        try {
            return switch (stored[0]) {
                case PBKDF2 -> matchesPbkdf2(ByteBuffer.wrap(rest), password);
                case BCRYPT -> matchesBcrypt(new String(rest, StandardCharsets.US_ASCII), password);
                default -> false;
            };
        } catch (RuntimeException | GeneralSecurityException e) {
            // A client has given a hash that is none of bcrypt's.
            return false;
        }
    }

    private static boolean matchesBcrypt(String hash, String password) {
        int end = Math.min(COST_END, hash.length());
        int cost = Integer.parseInt(hash, Math.min(COST_AT, end), end, 10);
        return cost <= MAX_COST && OpenBSDBCrypt.checkPassword(hash, password.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean matchesPbkdf2(ByteBuffer stored, String password) throws GeneralSecurityException {
        if (stored.remaining() <= Integer.BYTES + SALT_BYTES) {
            return false;
        }
        int iterations = stored.getInt();
        byte[] salt = new byte[SALT_BYTES];
        stored.get(salt);
        byte[] hash = new byte[stored.remaining()];
        stored.get(hash);
        byte[] again = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, hash.length * Byte.SIZE))
                .getEncoded();
        return MessageDigest.isEqual(hash, again);
    }
}
