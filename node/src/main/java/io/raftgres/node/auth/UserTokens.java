package io.raftgres.node.auth;

import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The tokens that are valid on this member, as etcd's simple tokens: 16 letters, a dot, and the index of the entry that
 * made the token. A token ends 300 s after its last use on this member, with the process, and when its user gets
 * another password or is deleted. The log has only the SHA-256 of the letters. A bounded number is kept: beyond it, the
 * tokens that have not been used for longest end.
 */
public final class UserTokens implements AuthStore.Listener {

    static final int MAX_TOKENS = 100_000;
    static final long TTL_NANOS = TimeUnit.SECONDS.toNanos(300);

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final int LENGTH = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final class Issued {
        final String user;
        final long index;
        volatile long usedNanos;

        Issued(String user, long index, long usedNanos) {
            this.user = user;
            this.index = index;
            this.usedNanos = usedNanos;
        }
    }

    private final Map<ByteBuffer, Issued> issued = new ConcurrentHashMap<>();
    private final LongSupplier nanos;
    private final long lastOldIndex;
    private final LongSupplier appliedIndex;

    /**
     * @param lastOldIndex last index of the log at the start of this process: tokens of entries up to it ended with the
     *     former process, and are not revived when the entries are applied again
     * @param appliedIndex index of the last entry that this member has applied
     * @param nanos the time, as System.nanoTime
     */
    public UserTokens(long lastOldIndex, LongSupplier appliedIndex, LongSupplier nanos) {
        this.lastOldIndex = lastOldIndex;
        this.appliedIndex = appliedIndex;
        this.nanos = nanos;
    }

    /** @return letters for a new token */
    public static String newSecret() {
        StringBuilder secret = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            secret.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
        }
        return secret.toString();
    }

    /** @return the form of a token's letters in the log */
    public static byte[] digest(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** @return the token that the entry at this index has made */
    public static String token(String secret, long index) {
        return secret + '.' + index;
    }

    @Override
    public void issued(AuthCommand.Token token, long index) {
        if (index <= lastOldIndex) {
            return;
        }
        if (issued.size() >= MAX_TOKENS) {
            makeRoom();
        }
        issued.put(ByteBuffer.wrap(token.digest()), new Issued(token.user(), index, nanos.getAsLong()));
    }

    /** Removes the tokens that have ended, and at least a tenth: those that have not been used for longest. */
    private void makeRoom() {
        long now = nanos.getAsLong();
        long[] ages = issued.values().stream()
                .mapToLong(each -> now - each.usedNanos)
                .sorted()
                .toArray();
        long oldest = Math.min(TTL_NANOS, ages[ages.length - 1 - ages.length / 10]);
        issued.values().removeIf(each -> now - each.usedNanos >= oldest);
    }

    @Override
    public void changed(AuthCommand command, AuthState state) {
        switch (command) {
            case AuthCommand.DeleteUser delete -> end(delete.name());
            case AuthCommand.ChangePassword change -> end(change.name());
            case AuthCommand.Disable disable -> issued.clear();
            default -> {}
        }
    }

    private void end(String user) {
        issued.values().removeIf(each -> each.user.equals(user));
    }

    /** @return the user of the token, which counts as used now; null: the token is not valid here */
    String user(String token) {
        int dot = token.indexOf('.');
        if (dot < 0) {
            return null;
        }
        ByteBuffer digest = ByteBuffer.wrap(digest(token.substring(0, dot)));
        Issued found = issued.get(digest);
        if (found == null || !token.substring(dot + 1).equals(Long.toString(found.index))) {
            return null;
        }
        long now = nanos.getAsLong();
        if (now - found.usedNanos >= TTL_NANOS) {
            issued.remove(digest, found);
            return null;
        }
        found.usedNanos = now;
        return found.user;
    }

    /** @return whether the entry that made the token may come yet */
    boolean isAhead(String token) {
        int dot = token.indexOf('.');
        try {
            return dot == LENGTH && Long.parseLong(token, dot + 1, token.length(), 10) > appliedIndex.getAsLong();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    int size() {
        return issued.size();
    }
}
