package io.raftgres.node.service;

import io.raftgres.node.auth.PasswordCheck;
import io.raftgres.node.auth.UserTokens;
import io.raftgres.node.kv.AuthCommand;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.kv.Op;
import io.raftgres.node.kv.Request;
import io.raftgres.node.kv.ServiceException;
import io.raftgres.node.kv.ServiceException.Rejected;
import io.raftgres.node.kv.ServiceException.Rejected.Reason;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Gives a token for a password. Blocks; call it on virtual threads. */
public final class Authentication {

    private final KvService service;
    private final PasswordCheck passwords = new PasswordCheck(System::nanoTime);

    public Authentication(KvService service) {
        this.service = service;
    }

    /**
     * @param from address of the client; null: unknown
     * @return a token that every member accepts
     * @throws Rejected AUTH_NOT_ENABLED, AUTHENTICATION_FAILED, NO_PASSWORD_USER
     * @throws ServiceException.Overloaded too many passwords are checked now, or the client guesses
     */
    public String authenticate(String user, String password, InetAddress from, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        AuthState users = service.auth(timeout);
        while (true) {
            requirePassword(users, user, password, from);
            String secret = UserTokens.newSecret();
            Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
            try {
                AuthCommand command = new AuthCommand.Token(user, UserTokens.digest(secret), users.revision());
                Op.Result.Token made = (Op.Result.Token) service.write(Request.of(null, new Op.Auth(command)), left)
                        .toCompletableFuture()
                        .join()
                        .results()
                        .getFirst();
                return UserTokens.token(secret, made.index());
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof Rejected old && old.reason() == Reason.AUTH_OLD_REVISION)
                        || deadline - System.nanoTime() <= TimeUnit.MILLISECONDS.toNanos(1)) {
                    throw e.getCause() instanceof ServiceException why ? why : e;
                }
                // The users have changed, perhaps this one: look again.
                users = service.auth(left);
            }
        }
    }

    private void requirePassword(AuthState users, String name, String password, InetAddress from) {
        if (!users.enabled()) {
            throw new Rejected(Reason.AUTH_NOT_ENABLED, "users are not checked");
        }
        passwords.require(users, name, password, from);
    }
}
