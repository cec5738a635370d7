package io.raftgres.node.auth;

import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.ServiceException.Rejected;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks passwords, and slows who guesses them. A client that sends its password with each request would cost a hash
 * each time: so a password that was right is remembered for 300 s, as a keyed digest with a key of this process.
 */
public final class PasswordCheck {

    private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(300);
    private static final int MAX_REMEMBERED = 10_000;
    private static final String DIGEST = "HmacSHA256";
    private static final int KEY_BYTES = 32;

    private record Right(byte[] stored, byte[] digest, long nanos) {}

    private final LongSupplier nanos;
    private final GuessLimit guesses;
    private final SecretKeySpec key;
    private final Map<String, Right> remembered = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Right> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** @param nanos the time, as System.nanoTime */
    public PasswordCheck(LongSupplier nanos) {
        this.nanos = nanos;
        this.guesses = new GuessLimit(nanos);
        byte[] random = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, DIGEST);
    }

    /**
     * May take some tens of milliseconds of a processor: call it on a virtual thread.
     *
     * @param from address of the client; null: unknown
     * @throws Rejected AUTHENTICATION_FAILED, NO_PASSWORD_USER
     * @throws io.raftgres.node.kv.ServiceException.Overloaded too many passwords are checked, or the client guesses
     */
    public void require(AuthState users, String name, String password, InetAddress from) {
        AuthState.User user = users.users().get(name);
        if (user != null && !user.hasPassword()) {
            throw new Rejected(Reason.NO_PASSWORD_USER, "user " + name + " has no password");
        }
        guesses.require(name, from);
        if (!Passwords.matches(user == null ? null : user.password(), password)) {
            guesses.failed(name, from);
            throw new Rejected(Reason.AUTHENTICATION_FAILED, "the user is unknown, or the password is wrong");
        }
        guesses.succeeded(name, from);
        Right right = new Right(user.password(), digest(password), nanos.getAsLong());
        synchronized (remembered) {
            remembered.put(name, right);
        }
    }

    /** @return whether this password was right a short time ago, and still is; takes no time */
    public boolean remembers(AuthState users, String name, String password) {
        Right right;
        synchronized (remembered) {
            right = remembered.get(name);
        }
        AuthState.User user = users.users().get(name);
        return right != null
                && user != null
                && nanos.getAsLong() - right.nanos() < REMEMBERED_NANOS
                && MessageDigest.isEqual(right.stored(), user.password())
                && MessageDigest.isEqual(right.digest(), digest(password));
    }

    private byte[] digest(String password) {
        try {
            Mac mac = Mac.getInstance(DIGEST);
            mac.init(key);
            return mac.doFinal(password.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + DIGEST, e);
        }
    }
}
