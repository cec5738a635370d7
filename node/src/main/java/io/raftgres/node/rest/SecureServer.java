package io.raftgres.node.rest;

import io.raftgres.node.config.NodeConfig.Tls.ClientAuth;
import io.raftgres.node.tls.CertificateSet;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.tls.PeerCertificates;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** An HTTP/1.1 server with TLS. It takes new certificates while it runs, and ends connections that these refuse. */
final class SecureServer implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SecureServer.class);
    private static final int MAX_CONNECTIONS = 4_096;
    private static final int MAX_LINE_BYTES = 64 << 10;
    private static final int MAX_HEADERS_BYTES = 16 << 10;
    private static final int IDLE_SECONDS = 75;
    private static final int HANDSHAKE_SECONDS = 10;
    private static final int START_SECONDS = 20;

    private final NodeTls tls;
    private final HttpServer server;
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<HttpConnection, List<X509Certificate>> certified = new ConcurrentHashMap<>();

    SecureServer(Vertx vertx, String host, int port, Handler<HttpServerRequest> routes, NodeTls tls)
            throws IOException {
        this.tls = tls;
        CertificateSet set = tls.clients().current();
        HttpServerOptions options = new HttpServerOptions()
                .setHost(host)
                .setPort(port)
                .setSsl(true)
                .setUseAlpn(false)
                .setEnabledSecureTransportProtocols(
                        tls.options().onlyTls13()
                                ? Set.of("TLSv1.3")
                                : new LinkedHashSet<>(List.of("TLSv1.3", "TLSv1.2")))
                // The arithmetic of handshakes must not delay other clients.
                .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
                .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
                .setClientAuth(clientAuth(tls.options().clientAuth()))
                .setKeyCertOptions(KeyCertOptions.wrap(set.keyManager()))
                .setTrustOptions(TrustOptions.wrap(set.trustManager()))
                .setMaxInitialLineLength(MAX_LINE_BYTES)
                .setMaxHeaderSize(MAX_HEADERS_BYTES)
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
        this.server = vertx.createHttpServer(options)
                .connectionHandler(this::connected)
                .requestHandler(routes);
        try {
            server.listen().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    "cannot listen on port " + port + " for REST with TLS (raftgres.tls.rest-port): " + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        tls.clients().onChange(this::replace);
    }

    private static io.vertx.core.http.ClientAuth clientAuth(ClientAuth wanted) {
        return switch (wanted) {
            case NONE -> io.vertx.core.http.ClientAuth.NONE;
            case OPTIONAL -> io.vertx.core.http.ClientAuth.REQUEST;
            case REQUIRED -> io.vertx.core.http.ClientAuth.REQUIRED;
        };
    }

    private void connected(HttpConnection connection) {
        if (connections.incrementAndGet() > MAX_CONNECTIONS) {
            connection.close();
        }
        List<X509Certificate> chain =
                connection.sslSession() == null ? List.of() : PeerCertificates.chain(connection.sslSession());
        connection.closeHandler(closed -> {
            connections.decrementAndGet();
            certified.remove(connection);
        });
        if (!chain.isEmpty()) {
            certified.put(connection, chain);
            // The files may have changed since the handshake began.
            endIfRefused(connection, chain, tls.clients().current());
        }
    }

    private void replace(CertificateSet next) {
        SSLOptions options = new SSLOptions()
                .setKeyCertOptions(KeyCertOptions.wrap(next.keyManager()))
                .setTrustOptions(TrustOptions.wrap(next.trustManager()))
                .setUseAlpn(false)
                .setEnabledSecureTransportProtocols(
                        tls.options().onlyTls13() ? Set.of("TLSv1.3") : Set.of("TLSv1.3", "TLSv1.2"))
                .setSslHandshakeTimeout(HANDSHAKE_SECONDS)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS);
        try {
            server.updateSSLOptions(options)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("REST keeps the former certificate: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        certified.forEach((connection, chain) -> endIfRefused(connection, chain, next));
    }

    private static void endIfRefused(HttpConnection connection, List<X509Certificate> chain, CertificateSet set) {
        String refusal = set.trusted().refusal(chain);
        if (refusal != null) {
            LOG.warnf("the connection from %s ends: %s", connection.remoteAddress(), refusal);
            connection.close();
        }
    }

    int port() {
        return server.actualPort();
    }

    @Override
    public void close() {
        server.close();
    }
}
