package io.raftgres.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A watch does not wait on a connection that is lost without a sign. */
class ApiConnectionsTest {

    private static final String PODS = """
            {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []}""";
    private static final String ADDED = """
            {"type": "ADDED", "object": {"kind": "Pod", "apiVersion": "v1",
             "metadata": {"namespace": "n", "name": "c-0", "uid": "u", "resourceVersion": "2"}}}""";

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger watches = new AtomicInteger();
    private final CompletableFuture<String> added = new CompletableFuture<>();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** The first watch is half-open: it is accepted, and then nothing arrives. */
    @Test
    void aWatchOnWhichNothingArrivesIsOpenedAgain() throws Exception {
        HttpServer server = vertx.createHttpServer()
                .webSocketHandler(this::watch)
                .requestHandler(ApiConnectionsTest::list)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.actualPort())
                .build();
        try (KubernetesClient client = ApiClient.client(
                        new KubernetesSerialization(),
                        config,
                        new SimpleMeterRegistry(),
                        new ApiConnections(vertx, Duration.ofSeconds(1)));
                SharedIndexInformer<Pod> informer =
                        client.pods().inNamespace("n").inform(new Added())) {
            assertEquals("c-0", added.get(30, TimeUnit.SECONDS));
        }
    }

    private static void list(HttpServerRequest request) {
        request.response().putHeader("Content-Type", "application/json").end(PODS);
    }

    private void watch(ServerWebSocket watch) {
        if (watches.incrementAndGet() > 1) {
            watch.writeTextMessage(ADDED);
        }
    }

    private final class Added implements ResourceEventHandler<Pod> {

        @Override
        public void onAdd(Pod pod) {
            added.complete(pod.getMetadata().getName());
        }

        @Override
        public void onUpdate(Pod before, Pod after) {}

        @Override
        public void onDelete(Pod pod, boolean unknown) {}
    }
}
