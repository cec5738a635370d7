package io.raftgres.node.rest;

import io.quarkus.runtime.ShutdownEvent;
import io.raftgres.node.config.NodeConfig;
import io.raftgres.node.config.NodeConfig.Tls.Mode;
import io.raftgres.node.tls.NodeTls;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Starts REST with TLS, with all routes that Quarkus' plain port has. */
@Singleton
public class SecureRest {

    private static final Logger LOG = Logger.getLogger(SecureRest.class);

    private final NodeConfig config;
    private final NodeTls tls;
    private final Vertx vertx;
    private final String host;
    private final boolean plainToo;
    private SecureServer server;

    @Inject
    SecureRest(
            NodeConfig config,
            NodeTls tls,
            Vertx vertx,
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.http.host-enabled", defaultValue = "true") boolean plainToo) {
        this.config = config;
        this.tls = tls;
        this.vertx = vertx;
        this.host = host;
        this.plainToo = plainToo;
    }

    void start(@Observes Router router) throws IOException {
        if (tls.clients() == null) {
            return;
        }
        if (tls.options().mode() == Mode.REQUIRED && plainToo) {
            throw new IllegalStateException("raftgres.tls.mode is required, and the plain port of REST is open: set"
                    + " quarkus.http.host-enabled=false too. As an environment variable or a system property"
                    + " raftgres.tls.mode does so itself");
        }
        server = new SecureServer(vertx, host, config.tls().restPort(), router, tls);
        LOG.infof("REST listens on port %d with TLS", server.port());
    }

    void stop(@Observes ShutdownEvent event) {
        if (server != null) {
            server.close();
        }
    }
}
