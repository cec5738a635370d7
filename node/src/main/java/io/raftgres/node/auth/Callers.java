package io.raftgres.node.auth;

import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.AuthStore;
import io.raftgres.node.kv.ServiceException.Rejected;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.security.MessageDigest;

/** Determines who makes a request on this member. Every API asks here, and nothing else makes a {@link Caller}. */
public final class Callers {

    private static final String UNKNOWN = "(unknown)";
    private static final String BEARER = "Bearer ";

    /** Of a node that has no users to check. */
    public static final Callers UNCHECKED =
            new Callers(new AuthStore(AuthState.EMPTY), new UserTokens(Long.MAX_VALUE, () -> 0, System::nanoTime));

    private final AuthStore auth;
    private final UserTokens tokens;

    public Callers(AuthStore auth, UserTokens tokens) {
        this.auth = auth;
        this.tokens = tokens;
    }

    /** A client that shows nothing. */
    public static Caller nobody() {
        return Caller.NOBODY;
    }

    /**
     * @param token what the client shows, with or without {@code Bearer}; null: nothing. While users are not checked it
     *     does not matter, as in etcd
     *
     * @return a caller without a proof if the token is not valid here, or not yet ({@link #mayBecomeValid}): each
     *     operation then fails with INVALID_AUTH_TOKEN
     */
    public Caller of(String token) {
        if (token == null || !auth.state().enabled()) {
            return Caller.NOBODY;
        }
        String shown = bare(token);
        String user = tokens.user(shown);
        return Caller.of(user == null ? UNKNOWN : user, now -> {
            if (user == null || tokens.user(shown) == null) {
                throw invalid();
            }
            return now.revision();
        });
    }

    /**
     * @param users by which the password of the user was checked
     * @return a caller until the password changes
     */
    public Caller ofPassword(AuthState users, String user) {
        byte[] stored = users.users().get(user).password();
        return Caller.of(user, now -> {
            AuthState.User known = now.users().get(user);
            if (known == null || !MessageDigest.isEqual(known.password(), stored)) {
                throw invalid();
            }
            return now.revision();
        });
    }

    private static String bare(String token) {
        return token.startsWith(BEARER) ? token.substring(BEARER.length()) : token;
    }

    private static Rejected invalid() {
        return new Rejected(
                Reason.INVALID_AUTH_TOKEN,
                "the token is unknown here, has not been used for too long, or its user has changed: authenticate again");
    }

    /** @return whether another member may have made the token in an entry that this member has not applied yet */
    public boolean mayBecomeValid(String token) {
        return auth.state().enabled() && tokens.user(bare(token)) == null && tokens.isAhead(bare(token));
    }
}
