package io.raftgres.node.etcd;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.raftgres.node.config.NodeConfig.Tls.Mode;
import io.raftgres.node.etcd.auth.AuthEndpoint;
import io.raftgres.node.etcd.auth.CallInterceptor;
import io.raftgres.node.etcd.auth.CallService;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.etcd.call.ResponseMemory;
import io.raftgres.node.etcd.call.UnreadableRequests;
import io.raftgres.node.etcd.gateway.Gateway;
import io.raftgres.node.etcd.gateway.GatewayLimits;
import io.raftgres.node.etcd.kv.KvEndpoint;
import io.raftgres.node.etcd.lease.LeaseEndpoint;
import io.raftgres.node.etcd.lock.ElectionEndpoint;
import io.raftgres.node.etcd.lock.LockEndpoint;
import io.raftgres.node.etcd.maintenance.ClusterEndpoint;
import io.raftgres.node.etcd.maintenance.HealthReport;
import io.raftgres.node.etcd.maintenance.MaintenanceEndpoint;
import io.raftgres.node.etcd.message.Headers;
import io.raftgres.node.etcd.watch.WatchEndpoint;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.service.Authentication;
import io.raftgres.node.service.KvGate;
import io.raftgres.node.service.KvService;
import io.raftgres.node.service.write.EventLoopBatch;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.web.BrowserRules;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The server of etcd's API, on a port of its own: gRPC, and JSON over HTTP/1.1. */
public final class EtcdServer implements AutoCloseable {

    /** Bytes that one connection may send before they are read. */
    private static final int MAX_WINDOW_BYTES = 1 << 20;

    private static final int MIN_WINDOW_BYTES = 64 << 10;

    /** Number of connections that may use this limit fully at the same time. */
    private static final int WINDOWS = 64;

    /** A stream whose client takes nothing ends if the client does not even respond to a ping. */
    private static final long PING_SECONDS = 30;

    /** Shortest time between a client's pings, as in etcd. */
    private static final long MIN_PING_SECONDS = 5;

    private static final int MAX_CONNECTIONS = 10_000;

    private static final int STOP_SECONDS = 2;

    /**
     * Half of the processors: the rest of a node needs as much time as its network. And with fewer threads, more of the
     * data for one client or node is sent at once.
     */
    private static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    private final WatchEndpoint watches;
    private final EventLoopGroup loops = new NioEventLoopGroup(THREADS, new DefaultThreadFactory("etcd", true));
    private final Server server;
    private final Server inProcess;
    private final ManagedChannel toInProcess;
    private final HealthReport health;

    /** Null when the port is plain. */
    private final TlsConnections encrypted;

    private final ExecutorService gatewayThreads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("gateway-", 0).factory());

    public EtcdServer(InetSocketAddress address, KvService service, EtcdOptions options) {
        this(
                address,
                service,
                options,
                Telemetry.NONE,
                BrowserRules.strict(),
                NodeMemory.ofThisProcess(),
                NodeTls.off());
    }

    /** @param address address to listen on; port 0: any free port */
    public EtcdServer(
            InetSocketAddress address,
            KvService service,
            EtcdOptions options,
            Telemetry telemetry,
            BrowserRules rules,
            NodeMemory memory,
            NodeTls tls) {
        encrypted = tls.clients() == null ? null : new TlsConnections(tls.clients(), tls.options());
        // A little more than the limit of a request: a larger request then gets etcd's error, not gRPC's.
        int messageBytes = options.maxRequestBytes() + options.overheadBytes();
        String name = InProcessServerBuilder.generateName();
        toInProcess =
                InProcessChannelBuilder.forName(name).executor(gatewayThreads).build();
        Gateway gateway = new Gateway(
                toInProcess,
                GatewayLimits.of(messageBytes),
                memory,
                HttpEndpoints.of(service, options, telemetry),
                rules);
        NettyServerBuilder netty = NettyServerBuilder.forAddress(
                        address,
                        InternalNettyServerCredentials.create(new SharedPort(
                                MAX_CONNECTIONS,
                                gateway::addTo,
                                encrypted,
                                tls.options().mode() == Mode.REQUIRED)))
                // Counts the connection until gRPC has taken it over, which it never does for HTTP/1.1: SharedPort
                // counts those.
                .handshakeTimeout(Long.MAX_VALUE, TimeUnit.MILLISECONDS)
                .channelType(NioServerSocketChannel.class)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .initialFlowControlWindow(window(memory))
                .maxInboundMessageSize(messageBytes)
                .permitKeepAliveTime(MIN_PING_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                .addStreamTracerFactory(telemetry.bytes());
        loops.forEach(loop -> loop.execute(() -> EventLoopBatch.enable(loop)));
        this.health = new HealthReport(service);
        CallService calls = new CallService(new KvGate(service));
        Headers headers = new Headers(calls);
        this.watches = new WatchEndpoint(calls, headers, options);
        List<BindableService> services = new ArrayList<>(
                services(calls, new Authentication(service), headers, options, new ResponseMemory(memory)));
        services.add(watches);
        services.add(health.endpoint());
        services.add(ProtoReflectionServiceV1.newInstance());
        services.add(olderReflection());
        this.server = build(netty, services, service, telemetry);
        this.inProcess = build(InProcessServerBuilder.forName(name), services, service, telemetry);
    }

    /** Clients from before version 1 of the reflection protocol use this version. */
    @SuppressWarnings("deprecation")
    private static BindableService olderReflection() {
        return ProtoReflectionService.newInstance();
    }

    private static Server build(
            ServerBuilder<?> builder, List<BindableService> services, KvService service, Telemetry telemetry) {
        builder.directExecutor();
        services.forEach(each -> builder.addService(UnreadableRequests.of(each.bindService())));
        // gRPC calls the last interceptor first, so refused calls are counted too.
        return builder.intercept(new UnreadableRequests())
                .intercept(new CallInterceptor(service))
                .intercept(telemetry.calls())
                .build();
    }

    private static int window(NodeMemory memory) {
        return Math.clamp(memory.limit(Share.RECEIVED) / WINDOWS, MIN_WINDOW_BYTES, MAX_WINDOW_BYTES);
    }

    private static List<BindableService> services(
            CallService service,
            Authentication authentication,
            Headers headers,
            EtcdOptions options,
            ResponseMemory memory) {
        return List.of(
                new KvEndpoint(service, headers, options, memory),
                new LeaseEndpoint(service, headers, options, memory),
                new ClusterEndpoint(service, headers),
                new MaintenanceEndpoint(service, headers),
                new AuthEndpoint(service, authentication, headers, options),
                new LockEndpoint(service, headers, options),
                new ElectionEndpoint(service, headers, options));
    }

    public void start() throws IOException {
        health.start();
        inProcess.start();
        server.start();
    }

    /** @return names of all served methods, such as {@code etcdserverpb.KV/Put} */
    public List<String> methods() {
        return server.getServices().stream()
                .flatMap(service -> service.getMethods().stream())
                .map(method -> method.getMethodDescriptor().getFullMethodName())
                .sorted()
                .toList();
    }

    /** @return number of TLS handshakes that are not complete */
    int handshakes() {
        return encrypted == null ? 0 : encrypted.handshakes();
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        health.close();
        server.shutdown();
        watches.close();
        inProcess.shutdown();
        try {
            if (!server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
                server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        toInProcess.shutdownNow();
        inProcess.shutdownNow();
        gatewayThreads.shutdown();
        if (encrypted != null) {
            encrypted.close();
        }
        loops.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS);
    }
}
