package io.raftgres.e2e.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/**
 * Runs a {@link Load} on one endpoint, as a program in a pod next to a cluster. HTTP on port {@value #PORT} controls
 * it: {@code POST /mark} restarts the count, {@code GET /account} returns it, {@code POST /check} ends the load and
 * returns the verdict on its history.
 */
public final class Main {

    public static final int PORT = 8090;
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int CLIENTS = 4;
    private static final int FAILURES_REPORTED = 10;

    private Main() {}

    /** @param arguments the endpoint, such as {@code http://raft.default.svc:8081} */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1) {
            System.err.println("Give one argument, the endpoint, such as http://raft.default.svc:8081.");
            System.exit(2);
        }
        String endpoint = arguments[0];
        // Another pod may have written to this cluster before.
        String prefix = UUID.randomUUID() + "/";
        Load load = new Load(prefix, List.of(endpoint), CLIENTS, PAUSE, TIMEOUT);
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        answer(server, "/mark", () -> {
            load.mark();
            return Account.of(load, FAILURES_REPORTED);
        });
        answer(server, "/account", () -> Account.of(load, FAILURES_REPORTED));
        answer(server, "/check", () -> {
            load.close();
            return Judgement.of(load, prefix, endpoint);
        });
        server.start();
        System.out.println(CLIENTS + " clients write to and read from " + endpoint);
        // The pod ends when it is deleted.
        new CountDownLatch(1).await();
    }

    private interface Question {
        Object ask() throws Exception;
    }

    private static void answer(HttpServer server, String path, Question question) {
        ObjectMapper json = new ObjectMapper();
        server.createContext(path, exchange -> {
            try {
                send(exchange, 200, json.writeValueAsBytes(question.ask()));
            } catch (Exception | AssertionError e) {
                send(exchange, 500, e.toString().getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
