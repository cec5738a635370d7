package io.raftgres.node.etcd;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.raftgres.node.service.KvService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The gRPC server of etcd's API, on a port of its own. */
public final class EtcdServer implements AutoCloseable {

    private static final int WINDOW_BYTES = 1 << 20;

    /** A stream that takes nothing is ended when its client does not even answer a ping. */
    private static final long PING_SECONDS = 30;

    /** etcd's: one client may ping this often. */
    private static final long MIN_PING_SECONDS = 5;

    private static final int STOP_SECONDS = 2;

    private final WatchEndpoint watches;
    private final Server server;

    /** @param address port 0: any free one */
    public EtcdServer(InetSocketAddress address, KvService service, EtcdOptions options) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address)
                .directExecutor()
                .initialFlowControlWindow(WINDOW_BYTES)
                // A little more than a request may have: what is over the limit gets etcd's answer, not gRPC's.
                .maxInboundMessageSize(options.maxRequestBytes() + options.overheadBytes())
                .permitKeepAliveTime(MIN_PING_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS);
        Headers headers = new Headers(service);
        this.watches = new WatchEndpoint(service, headers, options);
        for (BindableService each : services(service, headers, options)) {
            builder.addService(each);
        }
        builder.addService(watches);
        this.server = builder.intercept(new Admission(service)).build();
    }

    private static List<BindableService> services(KvService service, Headers headers, EtcdOptions options) {
        return List.of(new KvEndpoint(service, headers, options), new LeaseEndpoint(service, headers, options));
    }

    public void start() throws IOException {
        server.start();
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdown();
        watches.close();
        try {
            if (!server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
                server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
