package io.raftgres.node.rest;

import io.micrometer.core.instrument.MeterRegistry;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.service.KvService;
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
    private final RestOptions options;
    private RestApi api;

    @Inject
    RestRoutes(
            Instance<KvService> service,
            Instance<MeterRegistry> registry,
            Vertx vertx,
            NodeConfig config) {
        this.service = service;
        this.registry = registry;
        this.vertx = vertx;
        this.options = RestOptions.defaults().withSizes(config.maxKeyBytes(), config.maxValueBytes());
    }

    void start(@Observes Router router) {
        if (!service.isResolvable()) {
            LOG.warn("no key-value service in this process: /v1 is not served");
            return;
        }
        RequestMeter meter =
                registry.isResolvable() ? new MicrometerRequestMeter(registry.get()) : RequestMeter.NONE;
        api = new RestApi(service.get(), options, meter, vertx);
        api.mount(router);
    }

    @PreDestroy
    void stop() {
        if (api != null) {
            api.close();
        }
    }
}
