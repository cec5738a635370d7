package io.raftgres.node.rest;

import io.micrometer.core.instrument.MeterRegistry;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.service.KvService;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Starts the REST API in Quarkus, as soon as there is a service for it. */
@Singleton
public class RestRoutes {

    private static final Logger LOG = Logger.getLogger(RestRoutes.class);

    private final Instance<KvService> service;
    private final Instance<MeterRegistry> registry;
    private final Vertx vertx;
    private final NodeConfig config;
    private final NodeMemory memory;
    private RestApi api;

    @Inject
    RestRoutes(
            Instance<KvService> service,
            Instance<MeterRegistry> registry,
            Vertx vertx,
            NodeMemory memory,
            NodeConfig config) {
        this.service = service;
        this.registry = registry;
        this.vertx = vertx;
        this.config = config;
        this.memory = memory;
    }

    void start(@Observes Router router) {
        if (!service.isResolvable()) {
            LOG.warn("this process has no key-value service, so it does not serve /v1");
            return;
        }
        RequestMeter meter = registry.isResolvable() ? new MicrometerRequestMeter(registry.get()) : RequestMeter.NONE;
        RestOptions options = RestOptions.defaults().withSizes(config.maxKeyBytes(), config.maxValueBytes());
        api = new RestApi(service.get(), options, meter, vertx, BrowserRules.of(config, service.get()), memory);
        api.mount(router);
    }

    @PreDestroy
    void stop() {
        if (api != null) {
            api.close();
        }
    }
}
