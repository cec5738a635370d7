package io.raftgres.node.etcd.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.raftgres.etcd.api.etcdserver.LeaseGrpc;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveRequest;
import io.raftgres.etcd.api.etcdserver.LeaseKeepAliveResponse;
import io.raftgres.etcd.api.etcdserver.MaintenanceGrpc;
import io.raftgres.etcd.api.etcdserver.SnapshotRequest;
import io.raftgres.etcd.api.etcdserver.SnapshotResponse;
import io.raftgres.etcd.api.etcdserver.WatchGrpc;
import io.raftgres.etcd.api.etcdserver.WatchRequest;
import io.raftgres.etcd.api.etcdserver.WatchResponse;
import io.raftgres.node.memory.MemoryBudget;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.memory.Share;
import io.raftgres.node.web.BrowserRules;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams over services made for this test, with slow clients and short limits. */
class GatewayStreamTest {

    /** 6 MiB for bodies. */
    private final NodeMemory memory =
            new NodeMemory(MemoryBudget.of(MemoryBudget.LEAST_HEAP_BYTES, MemoryBudget.LEAST_HEAP_BYTES / 2));

    private static final GatewayLimits LIMITS =
            new GatewayLimits(1 << 20, Duration.ofMillis(700), Duration.ofMillis(700), Duration.ofMillis(700));

    private final NioEventLoopGroup loops = new NioEventLoopGroup(2);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final AtomicInteger chunks = new AtomicInteger();
    private Server services;
    private ManagedChannel toServices;
    private volatile Gateway gateway;
    private int port;

    /** Answers each request, and says created to none that comes second. */
    private final class EchoWatch extends WatchGrpc.WatchImplBase {
        @Override
        public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> client) {
            ((ServerCallStreamObserver<WatchResponse>) client).setOnCancelHandler(cancelled::countDown);
            return new StreamObserver<>() {
                @Override
                public void onNext(WatchRequest request) {
                    if (request.hasCancelRequest()) {
                        client.onError(Status.OUT_OF_RANGE
                                .withDescription("etcdserver: gone")
                                .asRuntimeException());
                    } else {
                        client.onNext(WatchResponse.newBuilder()
                                .setCreated(request.hasCreateRequest())
                                .setWatchId(request.hasProgressRequest() ? -1 : 0)
                                .build());
                    }
                }

                @Override
                public void onError(Throwable why) {}

                @Override
                public void onCompleted() {
                    client.onCompleted();
                }
            };
        }
    }

    private static final class EchoLease extends LeaseGrpc.LeaseImplBase {
        @Override
        public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> client) {
            return new StreamObserver<>() {
                @Override
                public void onNext(LeaseKeepAliveRequest request) {
                    client.onNext(LeaseKeepAliveResponse.newBuilder()
                            .setID(request.getID())
                            .build());
                }

                @Override
                public void onError(Throwable why) {}

                @Override
                public void onCompleted() {
                    client.onCompleted();
                }
            };
        }
    }

    /** Sends messages as long as the stream is ready. */
    private final class EndlessSnapshot extends MaintenanceGrpc.MaintenanceImplBase {
        @Override
        public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> client) {
            ServerCallStreamObserver<SnapshotResponse> call = (ServerCallStreamObserver<SnapshotResponse>) client;
            call.setOnCancelHandler(cancelled::countDown);
            call.setOnReadyHandler(() -> {
                while (call.isReady()) {
                    chunks.incrementAndGet();
                    call.onNext(SnapshotResponse.newBuilder()
                            .setBlob(ByteString.copyFrom(new byte[32 << 10]))
                            .build());
                }
            });
        }
    }

    @BeforeEach
    void start() throws Exception {
        String name = InProcessServerBuilder.generateName();
        services = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(new EchoWatch())
                .addService(new EchoLease())
                .addService(new EndlessSnapshot())
                .build()
                .start();
        toServices = InProcessChannelBuilder.forName(name).executor(threads).build();
        gateway = new Gateway(toServices, LIMITS, memory, Map.of(), BrowserRules.strict());
        Channel server = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
                        gateway.addTo(channel.pipeline());
                    }
                })
                .bind("localhost", 0)
                .sync()
                .channel();
        port = ((InetSocketAddress) server.localAddress()).getPort();
    }

    @AfterEach
    void stop() {
        assertEquals(0, memory.used(Share.BODIES));
        toServices.shutdownNow();
        services.shutdownNow();
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        threads.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("localhost", port);
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String post(String path, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    private static String until(BufferedReader reader, String text) throws IOException {
        StringBuilder all = new StringBuilder();
        while (true) {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("ended without '" + text + "': " + all);
            }
            all.append(line).append('\n');
            if (line.contains(text)) {
                return all.toString();
            }
        }
    }

    @Test
    void aWatchOutlivesItsRequestAndEndsWithItsClient() throws Exception {
        try (Socket socket = connect()) {
            write(
                    socket,
                    post(
                            "/v3/watch",
                            "{\"create_request\":{\"key\":\"Zm9v\",\"unk\":1}}" + " {\"progressRequest\":{}}"));
            BufferedReader reader = reader(socket);
            String head = until(reader, "{\"result\":{\"created\":true}}");
            assertTrue(
                    head.startsWith("HTTP/1.1 200 OK\n")
                            && head.contains("content-type: application/json\n")
                            && head.contains("transfer-encoding: chunked\n"),
                    head);
            until(reader, "{\"result\":{\"watch_id\":\"-1\"}}");
            // Longer than all limits.
            assertTrue(!cancelled.await(1_500, TimeUnit.MILLISECONDS));
        }
        assertTrue(cancelled.await(5, TimeUnit.SECONDS));
    }

    @Test
    void aWatchTakesRequestsAsTheyCome() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "POST /v3/watch HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
            BufferedReader reader = reader(socket);
            String create = "{\"create_request\":{\"key\":\"XCJ9\"}}";
            for (String part : new String[] {create.substring(0, 9), create.substring(9)}) {
                write(socket, Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
                Thread.sleep(900);
            }
            until(reader, "{\"result\":{\"created\":true}}");
            String cancel = "{\"cancel_request\":{}}";
            write(socket, Integer.toHexString(cancel.length()) + "\r\n" + cancel + "\r\n");
            until(reader, "{\"error\":{\"code\":11,\"message\":\"etcdserver: gone\"}}");
        }
    }

    @Test
    void keepAlivesGetResponsesUntilTheBodyEnds() throws Exception {
        try (Socket socket = connect()) {
            write(
                    socket,
                    post("/v3/lease/keepalive", "{\"ID\":\"5\"}{\"ID\":\"6\"}\n{\"ID\":7}")
                            + "GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(all.contains("{\"result\":{\"ID\":\"5\"}}") && all.contains("{\"result\":{\"ID\":\"7\"}}"), all);
            assertTrue(all.contains("0\r\n\r\nHTTP/1.1 404"), all);
        }
    }

    @Test
    void malformedMessageEndsTheStream() throws Exception {
        for (String bad : new String[] {"", "{bad", "{}x", "{\"create_request\":5}", "{" + " ".repeat(70_000)}) {
            try (Socket socket = connect()) {
                write(socket, post("/v3/watch", bad));
                BufferedReader reader = reader(socket);
                String response = until(reader, "\"code\":3,\"message\":");
                assertTrue(response.startsWith("HTTP/1.1 400") || response.contains("{\"error\":"), response);
            }
        }
    }

    @Test
    void aStreamWaitsForItsClientAndCutsOneThatTakesNothing() throws Exception {
        try (Socket socket = connect()) {
            write(socket, post("/v3/maintenance/snapshot", ""));
            socket.getInputStream().readNBytes(1 << 20);
            assertTrue(cancelled.await(10, TimeUnit.SECONDS), "it was not cut");
            // The buffers of two sockets and of the server hold some megabytes.
            assertTrue(chunks.get() < 1_000, chunks + " chunks");
        }
    }

    @Test
    void slowRequestIsCut() throws Exception {
        for (String begun : new String[] {
            "GET ",
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
            "POST /v3/kv/put HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
            ""
        }) {
            try (Socket socket = connect()) {
                write(socket, begun);
                assertEquals(0, socket.getInputStream().readAllBytes().length);
            }
        }
    }

    @Test
    void aClientThatDripsItsHeadIsCut() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "GET / HTTP/1.1\r\nX: ");
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(10)) {
                write(socket, "x");
                Thread.sleep(50);
            }
            throw new AssertionError("it was not cut");
        } catch (java.net.SocketException e) {
            // The gateway closed the connection.
        }
    }

    @Test
    void bodiesAreBoundedTogether() throws Exception {
        String half = "POST /v3/lease/grant HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1200000\r\n\r\n"
                + "x".repeat(1_100_000);
        // So that the first has its time until the last has come.
        gateway = new Gateway(
                toServices,
                new GatewayLimits(LIMITS.messageBytes(), LIMITS.idle(), Duration.ofSeconds(5), LIMITS.stalled()),
                memory,
                Map.of(),
                BrowserRules.strict());
        Socket[] sockets = new Socket[6];
        int refused = 0;
        for (int i = 0; i < sockets.length; i++) {
            sockets[i] = connect();
            write(sockets[i], half);
        }
        for (Socket socket : sockets) {
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            refused += response.startsWith("HTTP/1.1 429") ? 1 : 0;
            socket.close();
        }
        assertTrue(refused >= 2, refused + " refused");
        assertEquals(0, memory.used(Share.BODIES));
    }
}
