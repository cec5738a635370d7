package io.raftgres.node.rest;

import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** The API on a plain Vert.x server with a free port, configured like the node's. */
final class RestServer implements AutoCloseable {

    static final RestOptions QUICK = new RestOptions(
            8 << 10,
            1536 << 10,
            2 << 20,
            64,
            4,
            8,
            Duration.ofMillis(1_500),
            Duration.ofSeconds(30),
            Duration.ofMillis(200),
            Duration.ofSeconds(5));

    static final long BODY_BYTES = 8 << 20;
    static final long UNSENT_BYTES = 8 << 20;

    final Vertx vertx = Vertx.vertx();
    final RestApi api;
    final int port;
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpServer server;

    RestServer(io.raftgres.node.service.KvService service, RestOptions options, RequestMeter meter) {
        try {
            api = new RestApi(
                    service,
                    options,
                    meter,
                    vertx,
                    BrowserRules.strict(),
                    new RequestLimits(options, new MemoryAccount(BODY_BYTES), new MemoryAccount(UNSENT_BYTES)));
            Router router = Router.router(vertx);
            api.mount(router);
            server = vertx.createHttpServer(new HttpServerOptions()
                            .setHost("localhost")
                            .setPort(0)
                            .setMaxInitialLineLength(64 << 10)
                            .setMaxHeaderSize(16 << 10)
                            .setIdleTimeout(75)
                            .setIdleTimeoutUnit(TimeUnit.SECONDS))
                    .requestHandler(router)
                    .listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            port = server.actualPort();
        } catch (Exception e) {
            throw new IllegalStateException("the server does not start", e);
        }
    }

    HttpResponse<byte[]> send(String method, String target, byte[] body, String... headers) {
        return send(method, target, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body), headers);
    }

    HttpResponse<byte[]> send(String method, String target, BodyPublisher body, String... headers) {
        return request(target, builder -> {
            builder.method(method, body);
            return headers.length == 0 ? builder : builder.headers(headers);
        });
    }

    HttpResponse<byte[]> get(String target, String... headers) {
        return send("GET", target, (byte[]) null, headers);
    }

    HttpResponse<byte[]> put(String target, String value, String... headers) {
        return send("PUT", target, value.getBytes(StandardCharsets.UTF_8), headers);
    }

    HttpResponse<byte[]> delete(String target, String... headers) {
        return send("DELETE", target, (byte[]) null, headers);
    }

    HttpResponse<byte[]> txn(String json, String query) {
        return send(
                "POST", "/v1/txn" + query, json.getBytes(StandardCharsets.UTF_8), "content-type", "application/json");
    }

    /** Blocks all event loops for this time, like a machine that is too busy. */
    @SuppressWarnings("deprecation")
    void holdUp(Duration time) {
        vertx.nettyEventLoopGroup()
                .forEach(loop -> loop.execute(() -> {
                    long until = System.nanoTime() + time.toNanos();
                    while (System.nanoTime() < until) {
                        LockSupport.parkNanos(until - System.nanoTime());
                    }
                }));
    }

    private HttpResponse<byte[]> request(String target, UnaryOperator<HttpRequest.Builder> change) {
        try {
            HttpRequest.Builder builder = HttpRequest.newBuilder(uri(target)).timeout(Duration.ofSeconds(60));
            return client.send(change.apply(builder).build(), BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    URI uri(String target) {
        return URI.create("http://localhost:" + port + target);
    }

    Socket connect() throws IOException {
        Socket socket = new Socket("localhost", port);
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** Sends bytes and reads until the server closes the connection. */
    String exchange(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within 30 s: " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
        }
    }

    /** @throws AssertionError when the server still counts something as in flight */
    void assertIdle() {
        await(
                "nothing is in flight",
                () -> api.admission().requests() == 0
                        && api.admission().rangeReads() == 0
                        && api.admission().bodyBytes() == 0);
    }

    @Override
    public void close() {
        api.close();
        client.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
