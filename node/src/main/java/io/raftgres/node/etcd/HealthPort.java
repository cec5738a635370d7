package io.raftgres.node.etcd;

import io.raftgres.node.etcd.gateway.GatewayResponse;
import io.raftgres.node.etcd.gateway.GetHandler;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A port with health and metrics alone, always plain: probes and Prometheus have no certificate. */
final class HealthPort implements AutoCloseable {

    private static final Set<String> SERVED = Set.of("/livez", "/readyz", "/health", "/metrics");
    private static final int START_SECONDS = 20;
    private static final int IDLE_SECONDS = 75;

    private final BrowserRules rules;
    private final Map<String, GetHandler> endpoints;
    private final HttpServer server;

    /** @param endpoints handlers by path; only those of health and metrics are served */
    HealthPort(Vertx vertx, String host, int port, BrowserRules rules, Map<String, GetHandler> endpoints)
            throws IOException {
        this.rules = rules;
        this.endpoints = new HashMap<>(endpoints);
        this.endpoints.keySet().retainAll(SERVED);
        this.server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost(host)
                        .setPort(port)
                        .setIdleTimeout(IDLE_SECONDS)
                        .setIdleTimeoutUnit(TimeUnit.SECONDS))
                .requestHandler(this::serve);
        try {
            server.listen().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    "cannot listen on port " + port + " for health (raftgres.health-port): " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    int port() {
        return server.actualPort();
    }

    private void serve(HttpServerRequest request) {
        String host = request.authority() == null ? null : request.authority().toString();
        BrowserRules.Refusal refusal = rules.judge(
                request.method().name(), host, request.getHeader("sec-fetch-site"), request.getHeader("origin"));
        GetHandler endpoint = endpoints.get(request.path());
        if (refusal != null) {
            send(request, GatewayResponse.error(refusal.status(), refusal.detail()));
        } else if (endpoint == null) {
            send(request, GatewayResponse.error(404, "this port has " + String.join(", ", SERVED) + " alone"));
        } else if (!request.method().name().equals("GET")) {
            send(request, GatewayResponse.methodNotAllowed("GET"));
        } else {
            Map<String, List<String>> parameters = new HashMap<>();
            request.params()
                    .forEach((name, value) -> parameters
                            .computeIfAbsent(name, absent -> new ArrayList<>())
                            .add(value));
            endpoint.get(parameters)
                    .whenComplete((response, failure) -> send(
                            request, failure == null ? response : GatewayResponse.error(500, "Internal Server Error")));
        }
    }

    private static void send(HttpServerRequest request, GatewayResponse response) {
        request.response()
                .setStatusCode(response.status())
                .putHeader("content-type", response.contentType())
                .end(Buffer.buffer(response.body()));
    }

    @Override
    public void close() {
        server.close();
    }
}
