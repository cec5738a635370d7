package io.raftgres.node.etcd;

import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.EtcdVersion;
import io.raftgres.node.etcd.gateway.GatewayResponse;
import io.raftgres.node.etcd.gateway.GetHandler;
import io.raftgres.node.etcd.maintenance.HealthChecks;
import io.raftgres.node.service.KvService;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The GET endpoints on the API's port, as in etcd: version, health and metrics. */
final class HttpEndpoints {

    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private HttpEndpoints() {}

    static Map<String, GetHandler> of(KvService service, EtcdOptions options, Telemetry telemetry) {
        HealthChecks checks = new HealthChecks(service, options.timeout());
        Executor threads = work -> Thread.ofVirtual().name("metrics").start(work);
        return Map.of(
                "/version", query -> CompletableFuture.completedFuture(version(telemetry)),
                "/health", checks::health,
                "/livez", checks::live,
                "/readyz", checks::ready,
                "/metrics",
                        query -> CompletableFuture.supplyAsync(
                                () -> GatewayResponse.of(
                                        200, METRICS, telemetry.scrape().get()),
                                threads));
    }

    private static GatewayResponse version(Telemetry telemetry) {
        return GatewayResponse.of(
                200,
                GatewayResponse.JSON,
                "{\"etcdserver\":\"" + EtcdVersion.SERVER + "\",\"etcdcluster\":\""
                        + EtcdVersion.SERVER + "\",\"storage\":\"" + EtcdVersion.SERVER + "\",\"raftgres\":\""
                        + telemetry.version() + "\"}");
    }
}
