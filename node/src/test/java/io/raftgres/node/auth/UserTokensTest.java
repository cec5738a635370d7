package io.raftgres.node.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.AuthState;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A token is valid from its entry on, until it is unused for 300 s or its user changes. */
class UserTokensTest {

    private static final long LAST_OLD = 10;
    private static final long APPLIED = 20;

    private long nanos = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(100);
    private final UserTokens tokens = new UserTokens(LAST_OLD, () -> APPLIED, () -> nanos);

    private String issue(String user, long index) {
        String secret = UserTokens.newSecret();
        tokens.issued(new AuthCommand.Token(user, UserTokens.digest(secret), 1), index);
        return UserTokens.token(secret, index);
    }

    @Test
    void aTokenIsItsLettersAndItsIndex() {
        String token = issue("u", 15);
        assertTrue(token.matches("[a-zA-Z]{16}\\.15"), token);
        assertEquals("u", tokens.user(token));
        String letters = token.substring(0, 16);
        for (String other : new String[] {
            letters,
            letters + ".",
            letters + ".16",
            letters + ".015",
            letters + ".15.1",
            "",
            ".15",
            "x" + letters.substring(1) + "y.15"
        }) {
            assertNull(tokens.user(other), other);
        }
    }

    @Test
    void itEndsUnusedAndEachUseKeepsIt() {
        String token = issue("u", 15);
        for (int i = 0; i < 3; i++) {
            nanos += UserTokens.TTL_NANOS - 1;
            assertEquals("u", tokens.user(token));
        }
        nanos += UserTokens.TTL_NANOS;
        assertNull(tokens.user(token));
        assertNull(tokens.user(token));
        assertEquals(0, tokens.size());
    }

    @Test
    void itEndsWithItsUserAndWithTheCheck() {
        String u = issue("u", 15);
        String v = issue("v", 16);
        tokens.changed(new AuthCommand.GrantRole("u", "r"), AuthState.EMPTY);
        assertEquals("u", tokens.user(u));
        tokens.changed(new AuthCommand.ChangePassword("u", new byte[0]), AuthState.EMPTY);
        assertNull(tokens.user(u));
        assertEquals("v", tokens.user(v));
        tokens.changed(new AuthCommand.DeleteUser("v"), AuthState.EMPTY);
        assertNull(tokens.user(v));
        String again = issue("v", 17);
        tokens.changed(new AuthCommand.Disable(), AuthState.EMPTY);
        assertNull(tokens.user(again));
    }

    @Test
    void entriesOfAFormerProcessReviveNoToken() {
        assertNull(tokens.user(issue("u", LAST_OLD)));
        assertEquals("u", tokens.user(issue("u", LAST_OLD + 1)));
    }

    @Test
    void aTokenOfAnEntryToComeMayBecomeValid() {
        String letters = "abcdefghijklmnop";
        assertTrue(tokens.isAhead(letters + "." + (APPLIED + 1)));
        assertFalse(tokens.isAhead(letters + "." + APPLIED));
        for (String none :
                new String[] {letters, letters + ".", letters + ".x", "a.21", letters + ".99999999999999999999"}) {
            assertFalse(tokens.isAhead(none), none);
        }
    }

    @Test
    void theNumberOfTokensIsBounded() {
        String first = issue("u", 15);
        for (int i = 1; i < UserTokens.MAX_TOKENS; i++) {
            nanos++;
            issue("u", 16);
        }
        String last = issue("u", 17);
        assertTrue(tokens.size() <= UserTokens.MAX_TOKENS);
        assertNull(tokens.user(first), "it has not been used for longest");
        assertEquals("u", tokens.user(last));
    }
}
