package io.raftgres.node.etcd;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.etcd.call.CallMeters;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.service.KvService;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Starts etcd's API with the process. */
@Singleton
public class EtcdRoutes {

    private static final Logger LOG = Logger.getLogger(EtcdRoutes.class);

    private final KvService service;
    private final NodeConfig config;
    /**
     * etcd's API listens on the same address as REST: a cluster for this machine only must not be reachable from
     * others.
     */
    private final String host;

    private final Telemetry telemetry;
    private final NodeMemory memory;
    private final NodeTls tls;
    private final Vertx vertx;
    private EtcdServer server;

    /** Null when there is no such port. */
    private HealthPort health;

    /** Quarkus gives the registry of Micrometer's older Prometheus client. */
    @SuppressWarnings("deprecation")
    @Inject
    EtcdRoutes(
            KvService service,
            NodeConfig config,
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.application.version") String version,
            MeterRegistry registry,
            Instance<PrometheusMeterRegistry> prometheus,
            NodeMemory memory,
            NodeTls tls,
            Vertx vertx) {
        this.vertx = vertx;
        this.tls = tls;
        this.memory = memory;
        this.service = service;
        this.config = config;
        this.host = host;
        CallMeters meters = new CallMeters(registry);
        this.telemetry = new Telemetry(version, () -> prometheus.get().scrape(), meters, meters.bytes());
    }

    void start(@Observes StartupEvent event) throws IOException {
        if (config.recover().isPresent()) {
            return;
        }
        EtcdOptions defaults = EtcdOptions.defaults();
        EtcdOptions options = new EtcdOptions(
                config.maxValueBytes(),
                config.maxKeyBytes(),
                defaults.timeout(),
                defaults.watchProgress(),
                Duration.ofMillis(config.electionTimeoutMillis()));
        server = new EtcdServer(
                new InetSocketAddress(host, config.etcdPort()),
                service,
                options,
                telemetry,
                BrowserRules.of(config, service),
                memory,
                tls);
        server.start();
        LOG.infof(
                "etcd's API listens on port %d, TLS %s",
                server.port(), tls.options().mode().name().toLowerCase(Locale.ROOT));
        Rehearsal.maybe(server.port());
        if (config.healthPort().isPresent()) {
            health = new HealthPort(
                    vertx,
                    host,
                    config.healthPort().getAsInt(),
                    BrowserRules.of(config, service),
                    HttpEndpoints.of(service, options, telemetry));
        }
    }

    void stop(@Observes ShutdownEvent event) {
        if (health != null) {
            health.close();
        }
        if (server != null) {
            server.close();
        }
    }
}
