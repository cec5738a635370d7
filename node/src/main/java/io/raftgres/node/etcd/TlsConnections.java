package io.raftgres.node.etcd;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.raftgres.node.config.NodeConfig.Tls.ClientAuth;
import io.raftgres.node.tls.CertificateSet;
import io.raftgres.node.tls.PeerCertificates;
import io.raftgres.node.tls.TlsFiles;
import io.raftgres.node.tls.TlsOptions;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jboss.logging.Logger;

/**
 * The encrypted connections of the shared port. Their handshakes compute on two threads of their own and have a limited
 * number of places. Each connection keeps its certificate in mind until new CAs or revocation lists refuse it.
 */
final class TlsConnections implements AutoCloseable {

    static final int MAX_HANDSHAKES = 128;

    private static final Logger LOG = Logger.getLogger(TlsConnections.class);
    private static final int THREADS = 2;
    private static final long HANDSHAKE_SECONDS = 10;

    /** Time for the calls of a connection that must end. */
    private static final long GOODBYE_MILLIS = 1_000;

    private static final String HTTP_1 = "http/1.1";
    private static final String HTTP_2 = "h2";
    private static final String[] ALL = {"TLSv1.3", "TLSv1.2"};
    private static final String[] ONLY_13 = {"TLSv1.3"};
    private static final String[] GROUPS = {"secp256r1", "x25519", "secp384r1"};

    private final TlsFiles files;
    private final TlsOptions options;
    private final HandshakePlaces places = new HandshakePlaces(MAX_HANDSHAKES);
    private final Map<Channel, List<X509Certificate>> certified = new ConcurrentHashMap<>();
    private final ExecutorService threads =
            Executors.newFixedThreadPool(THREADS, new DefaultThreadFactory("tls-handshake", true));

    TlsConnections(TlsFiles files, TlsOptions options) {
        this.files = files;
        this.options = options;
        files.onChange(this::endRefused);
    }

    /** @return for a new connection, which has a place among the handshakes until its own is complete */
    SslHandler handler(Channel channel) {
        SSLEngine engine = files.current().context().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(options.onlyTls13() ? ONLY_13 : ALL);
        parameters.setNamedGroups(GROUPS);
        parameters.setUseCipherSuitesOrder(true);
        switch (options.clientAuth()) {
            case NONE -> {}
            case OPTIONAL -> parameters.setWantClientAuth(true);
            case REQUIRED -> parameters.setNeedClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        engine.setHandshakeApplicationProtocolSelector((each, offered) -> protocol(offered));
        SslHandler handler = new SslHandler(engine, threads);
        handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        places.enter(channel);
        handler.handshakeFuture().addListener(done -> places.leave(channel));
        return handler;
    }

    /**
     * Java's client, curl and browsers offer both, and send JSON in HTTP/1.1. gRPC offers HTTP/2 alone.
     *
     * @return null when none fits: the handshake then fails
     */
    static String protocol(List<String> offered) {
        if (offered.contains(HTTP_1)) {
            return HTTP_1;
        }
        return offered.contains(HTTP_2) ? HTTP_2 : null;
    }

    /** The handshake is complete. */
    void opened(Channel channel, SSLEngine engine) {
        List<X509Certificate> chain =
                options.clientAuth() == ClientAuth.NONE ? List.of() : PeerCertificates.chain(engine.getSession());
        if (chain.isEmpty()) {
            return;
        }
        certified.put(channel, chain);
        channel.closeFuture().addListener(closed -> certified.remove(channel));
        // The files may have changed since the handshake began.
        end(channel, chain, files.current());
    }

    private void endRefused(CertificateSet next) {
        certified.forEach((channel, chain) -> end(channel, chain, next));
    }

    private static void end(Channel channel, List<X509Certificate> chain, CertificateSet set) {
        String refusal = set.trusted().refusal(chain);
        if (refusal != null) {
            LOG.warnf("the connection from %s ends: %s", channel.remoteAddress(), refusal);
            channel.eventLoop().execute(() -> end(channel));
        }
    }

    private static void end(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        GrpcHttp2ConnectionHandler grpc = pipeline.get(GrpcHttp2ConnectionHandler.class);
        ChannelHandlerContext ctx = grpc == null ? null : pipeline.context(grpc);
        if (ctx != null && grpc.connection() != null) {
            grpc.goAway(
                    ctx,
                    grpc.connection().remote().lastStreamCreated(),
                    Http2Error.NO_ERROR.code(),
                    Unpooled.copiedBuffer("certificate_refused", StandardCharsets.US_ASCII),
                    ctx.newPromise());
            ctx.flush();
        }
        channel.eventLoop().schedule(() -> channel.close(), GOODBYE_MILLIS, TimeUnit.MILLISECONDS);
    }

    int handshakes() {
        return places.taken();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
