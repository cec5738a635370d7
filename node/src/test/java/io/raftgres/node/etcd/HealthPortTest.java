package io.raftgres.node.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.rest.MemoryKvService;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The plain port of health and metrics has nothing else. */
class HealthPortTest {

    private static HttpResponse<String> send(String method, String path) throws Exception {
        Vertx vertx = Vertx.vertx();
        Telemetry telemetry =
                new Telemetry("0.1.0", () -> "a_metric 1\n", Telemetry.NONE.calls(), Telemetry.NONE.bytes());
        try (MemoryKvService service = new MemoryKvService();
                HealthPort port = new HealthPort(
                        vertx,
                        "127.0.0.1",
                        0,
                        BrowserRules.strict(),
                        HttpEndpoints.of(service, EtcdOptions.defaults(), telemetry));
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.port() + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } finally {
            vertx.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /livez, 200",
        "GET, /metrics, 200",
        "GET, /version, 404",
        "GET, /v1/kv/foo, 404",
        "POST, /v3/kv/range, 404",
        "POST, /health, 405",
        "GET, /q/openapi, 404"
    })
    void healthAndMetricsAlone(String method, String path, int status) throws Exception {
        assertEquals(status, send(method, path).statusCode());
    }

    @Test
    void metricsAreThoseOfTheNode() throws Exception {
        assertTrue(send("GET", "/metrics").body().contains("a_metric 1"));
    }
}
