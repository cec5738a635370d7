package io.raftgres.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server that responds by a script, one step for each request. The last step is for all further ones. */
public final class ScriptedNode implements AutoCloseable {

    /** @param path with the query, as it came */
    public record Asked(String method, String path, Map<String, String> headers, byte[] body) {
        public String header(String name) {
            return headers.get(name.toLowerCase(java.util.Locale.ROOT));
        }
    }

    /** The reaction to one request. */
    public interface Step {
        void answer(Asked asked, HttpExchange exchange) throws IOException, InterruptedException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<Step> steps = new ArrayDeque<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private Step last;

    public ScriptedNode(Step... script) throws IOException {
        steps.addAll(List.of(script));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    public static Step status(int status, String... headers) {
        return text(status, "", headers);
    }

    public static Step text(int status, String body, String... headers) {
        return (asked, exchange) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
            exchange.close();
        };
    }

    public static Step problem(int status, String detail, String... headers) {
        return text(status, "{\"title\":\"x\",\"detail\":\"" + detail + "\"}", headers);
    }

    /** Reads the request, then breaks the connection without a response. */
    public static Step breakOff() {
        return (asked, exchange) -> {
            throw new IOException("the script breaks off");
        };
    }

    /** Receives the request, and never responds until the node is closed. */
    public static Step hang() {
        return (asked, exchange) -> Thread.sleep(60_000);
    }

    /** Sends the head and this text of a stream, then cuts the connection. */
    public static Step streamThenCut(String body, String... headers) {
        return (asked, exchange) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            throw new IOException("the script cuts the stream");
        };
    }

    /** Sends the head and this text of a stream, and leaves it open until the node is closed. */
    public static Step streamOpen(String body) {
        return (asked, exchange) -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            Thread.sleep(60_000);
        };
    }

    private void handle(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new java.util.HashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
        Asked one = new Asked(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                headers,
                exchange.getRequestBody().readAllBytes());
        Step step;
        synchronized (steps) {
            asked.add(one);
            if (!steps.isEmpty()) {
                last = steps.poll();
            }
            step = last;
        }
        try {
            step.answer(one, exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Asked> asked() {
        return List.copyOf(asked);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
