package io.raftgres.node.rest;

import io.raftgres.node.auth.Caller;
import io.raftgres.node.auth.Callers;
import io.raftgres.node.auth.PasswordCheck;
import io.raftgres.node.kv.AuthState;
import io.raftgres.node.service.KvService;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.function.Consumer;

/**
 * Determines who sends a request: by {@code Authorization: Bearer} with a token, or {@code Basic} with a user and a
 * password. While users are not checked, nothing is looked at.
 */
final class Login {

    private static final String BASIC = "Basic ";

    /** Time to wait for the users and tokens of other members. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KvService service;
    private final PasswordCheck passwords = new PasswordCheck(System::nanoTime);

    /** @param service the node's own */
    Login(KvService service) {
        this.service = service;
    }

    /**
     * Gives the caller to {@code then}, on the event loop: at once, or after its password was checked.
     *
     * @throws io.raftgres.node.kv.ServiceException it cannot be determined now
     */
    void run(RestExchange exchange, Consumer<Caller> then) {
        String shown = exchange.request.getHeader(HttpHeaders.AUTHORIZATION);
        AuthState users = service.users();
        if (shown == null || !users.enabled()) {
            then.accept(Callers.nobody());
        } else if (shown.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            basic(exchange, users, shown.substring(BASIC.length()), then);
        } else if (service.callers().mayBecomeValid(shown)) {
            later(
                    exchange,
                    () -> service.auth(PATIENCE),
                    () -> then.accept(service.callers().of(shown)));
        } else {
            then.accept(service.callers().of(shown));
        }
    }

    private void basic(RestExchange exchange, AuthState users, String base64, Consumer<Caller> then) {
        String pair = decode(base64);
        int colon = pair.indexOf(':');
        if (colon < 0) {
            throw Problem.unauthenticated("the header Authorization has no user and password");
        }
        String user = pair.substring(0, colon);
        String password = pair.substring(colon + 1);
        if (passwords.remembers(users, user, password)) {
            then.accept(service.callers().ofPassword(users, user));
            return;
        }
        InetAddress from = address(exchange.request);
        later(
                exchange,
                () -> passwords.require(service.auth(PATIENCE), user, password, from),
                () -> then.accept(service.callers().ofPassword(service.users(), user)));
    }

    private static String decode(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Problem.unauthenticated("the header Authorization is not base64");
        }
    }

    private static InetAddress address(HttpServerRequest request) {
        return request.connection().remoteAddress() instanceof io.vertx.core.net.SocketAddress remote
                        && remote.isInetSocket()
                ? new InetSocketAddress(remote.hostAddress(), remote.port()).getAddress()
                : null;
    }

    /** The body waits in the connection meanwhile. */
    private static void later(RestExchange exchange, Runnable blocking, Runnable then) {
        exchange.request.pause();
        exchange.offload("rest-login", () -> {
            blocking.run();
            exchange.onLoop(() -> {
                if (!exchange.hasBody()) {
                    exchange.request.resume();
                }
                then.run();
            });
        });
    }
}
