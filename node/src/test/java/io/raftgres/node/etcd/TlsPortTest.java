package io.raftgres.node.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.raftgres.etcd.api.etcdserver.KVGrpc;
import io.raftgres.etcd.api.etcdserver.PutRequest;
import io.raftgres.node.config.TestConfig;
import io.raftgres.node.etcd.call.EtcdOptions;
import io.raftgres.node.memory.NodeMemory;
import io.raftgres.node.rest.MemoryKvService;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.tls.TestCa;
import io.raftgres.node.tls.TestCa.Issued;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The port of etcd's API with TLS. */
@Timeout(120)
class TlsPortTest {

    private static final TestCa SERVERS = TestCa.root("servers");
    private static final TestCa CLIENTS = TestCa.root("clients");
    private static final TestCa CLUSTER = TestCa.root("cluster");
    private static final TestCa FOREIGN = TestCa.root("foreign");
    private static final String GET = "GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    @TempDir
    private Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private NodeTls tls;
    private TestGateway gateway;

    @BeforeEach
    void write() {
        SERVERS.node("node1").write(path("cert"), path("key"));
        TestCa.write(path("ca"), CLIENTS.certificate());
        TestCa.write(path("peer-ca"), CLUSTER.certificate());
        TestCa.write(path("crl"), CLIENTS.list());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private Path path(String name) {
        return directory.resolve(name);
    }

    private void start(String mode, String clientAuth, String... more) throws IOException {
        List<String> options = new ArrayList<>(List.of(
                "TLS_MODE",
                mode,
                "TLS_CERT",
                path("cert").toString(),
                "TLS_KEY",
                path("key").toString()));
        if (!clientAuth.equals("none")) {
            options.addAll(List.of(
                    "TLS_CLIENT_AUTH", clientAuth, "TLS_CLIENT_CA", path("ca").toString()));
            options.addAll(List.of(
                    "TLS_PEER_CA",
                    path("peer-ca").toString(),
                    "TLS_CRL",
                    path("crl").toString()));
        }
        options.addAll(List.of(more));
        tls = NodeTls.open(TestConfig.config(options.toArray(String[]::new)));
        opened.add(tls);
        gateway = new TestGateway(EtcdOptions.defaults(), new MemoryKvService(), NodeMemory.ofThisProcess(), tls);
        opened.add(gateway);
    }

    private ManagedChannel grpc(Issued own) throws Exception {
        SslContextBuilder context = GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                .trustManager(SERVERS.certificate());
        if (own != null) {
            context.keyManager(own.key(), own.chain());
        }
        ManagedChannel channel = NettyChannelBuilder.forAddress("localhost", gateway.server.port())
                .sslContext(context.build())
                .build();
        opened.add(channel::shutdownNow);
        return channel;
    }

    private static void put(ManagedChannel channel) {
        KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("foo"))
                        .setValue(ByteString.copyFrom(new byte[1_000_000]))
                        .build());
    }

    private HttpResponse<String> https(Issued own) throws Exception {
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(Issued.client(own, SERVERS.certificate()))
                .build()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + gateway.server.port() + "/version"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private SSLSocket socket(Issued own) throws IOException {
        SSLContext context = Issued.client(own, SERVERS.certificate());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", gateway.server.port());
        socket.setSoTimeout(20_000);
        opened.add(socket);
        return socket;
    }

    /** @return whether a request passes; with TLS 1.3 a client learns only afterwards that it is refused */
    private boolean isServed(Issued own, String version) throws IOException {
        try (SSLSocket socket = socket(own)) {
            socket.setEnabledProtocols(new String[] {version});
            socket.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .startsWith("HTTP/1.1 200");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void grpcAndJsonShareTheEncryptedPort() throws Exception {
        start("required", "none");
        put(grpc(null));
        // Java's client offers HTTP/2 first, and gets JSON over HTTP/1.1.
        HttpResponse<String> response = https(null);
        assertEquals(200, response.statusCode());
        assertEquals(HttpClient.Version.HTTP_1_1, response.version());
    }

    @Test
    void plainRequestsLearnThatThePortIsEncrypted() throws Exception {
        start("required", "none");
        String refused = gateway.raw("GET /version HTTP/1.1\r\n\r\n");
        assertTrue(refused.startsWith("HTTP/1.0 400 Bad Request"), refused);
        assertTrue(refused.contains("use https"), refused);
    }

    @Test
    void bothKindsOfConnectionsAreTakenWhileClientsMove() throws Exception {
        start("both", "required");
        assertEquals(200, gateway.get("/version").statusCode());
        put(grpc(CLIENTS.user("alice")));
        assertFalse(isServed(null, "TLSv1.3"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            h2 | h2
            h2,http/1.1 | http/1.1
            http/1.1 | http/1.1
            none | none
            spdy/3 | refused
            """)
    void alpnPrefersHttp1(String offered, String chosen) throws IOException {
        start("required", "none");
        SSLSocket socket = socket(null);
        SSLParameters parameters = socket.getSSLParameters();
        if (offered != null) {
            parameters.setApplicationProtocols(offered.split(","));
        }
        socket.setSSLParameters(parameters);
        String found;
        try {
            socket.startHandshake();
            found = socket.getApplicationProtocol().isEmpty() ? null : socket.getApplicationProtocol();
        } catch (IOException e) {
            found = "refused";
        }
        assertEquals(chosen, found);
    }

    @ParameterizedTest
    @CsvSource({"1.2, TLSv1.2, true", "1.2, TLSv1.3, true", "1.3, TLSv1.2, false", "1.3, TLSv1.3, true"})
    void oldVersionsAreRefused(String min, String version, boolean served) throws IOException {
        start("required", "none", "TLS_MIN_VERSION", min);
        assertEquals(served, isServed(null, version));
    }

    @ParameterizedTest
    @CsvSource({
        "user, true",
        "node, true",
        "intermediate, true",
        "rsa, true",
        "none, false",
        "foreign, false",
        "expired, false",
        "early, false",
        "server-only, false",
        "sha1, false",
        "revoked, false",
        "revoked-intermediate, false",
        "self-signed, false"
    })
    void onlyAValidCertificateIsServed(String which, boolean served) throws IOException {
        TestCa between = CLIENTS.intermediate("between");
        Instant now = Instant.now();
        Issued own = switch (which) {
            case "user" -> CLIENTS.user("alice");
            case "node" -> CLUSTER.node("node2");
            case "intermediate" -> between.user("alice");
            case "rsa" -> CLIENTS.order("alice").rsa().issue();
            case "foreign" -> FOREIGN.user("alice");
            case "expired" ->
                CLIENTS.order("alice")
                        .valid(now.minusSeconds(99), now.minusSeconds(9))
                        .issue();
            case "early" ->
                CLIENTS.order("alice")
                        .valid(now.plusSeconds(900), now.plusSeconds(999))
                        .issue();
            case "server-only" ->
                CLIENTS.order("alice").onlyFor(KeyPurposeId.id_kp_serverAuth).issue();
            case "sha1" -> CLIENTS.order("alice").sha1().issue();
            case "revoked" -> {
                Issued issued = CLIENTS.user("alice");
                CLIENTS.revoke(issued.certificate());
                yield issued;
            }
            case "revoked-intermediate" -> {
                CLIENTS.revoke(between.certificate());
                yield between.user("alice");
            }
            case "self-signed" -> TestCa.root("clients").user("alice");
            default -> null;
        };
        TestCa.write(path("crl"), CLIENTS.list());
        start("required", "required");
        assertEquals(served, isServed(own, "TLSv1.3"));
        assertEquals(served, isServed(own, "TLSv1.2"));
    }

    @Test
    void anOptionalCertificateMustBeValidIfThereIsOne() throws IOException {
        start("required", "optional");
        assertTrue(isServed(null, "TLSv1.3"));
        assertTrue(isServed(CLIENTS.user("alice"), "TLSv1.3"));
        assertFalse(isServed(FOREIGN.user("alice"), "TLSv1.3"));
    }

    @Test
    void handshakesThatNeverEndTakePlacesFromEachOtherOnly() throws Exception {
        start("required", "none");
        for (int i = 0; i < 1_000; i++) {
            Socket idle = gateway.connect();
            opened.add(idle);
            // The beginning of a handshake's record that never comes.
            idle.getOutputStream().write(new byte[] {0x16, 3, 1, 2, 0, 1});
            if (i % 100 == 99) {
                assertTrue(isServed(null, "TLSv1.3"), "after " + i);
            }
        }
        put(grpc(null));
        assertTrue(gateway.server.handshakes() <= TlsConnections.MAX_HANDSHAKES);
    }

    @Test
    void aNewCertificateServesNewConnectionsAndTheOthersContinue() throws Exception {
        start("required", "none");
        ManagedChannel before = grpc(null);
        put(before);
        Issued next = SERVERS.node("node1");
        next.write(path("cert"), path("key"));
        assertTrue(tls.clients().check());
        put(before);
        SSLSocket socket = socket(null);
        socket.startHandshake();
        assertEquals(next.certificate(), socket.getSession().getPeerCertificates()[0]);
    }

    @Test
    void aConnectionWhoseCertificateIsRevokedEnds() throws Exception {
        start("required", "required");
        Issued alice = CLIENTS.user("alice");
        SSLSocket http2 = connectHttp2(alice);
        SSLSocket bob = connectHttp2(CLIENTS.user("bob"));
        CLIENTS.revoke(alice.certificate());
        TestCa.write(path("crl"), CLIENTS.list());
        assertTrue(tls.clients().check());
        assertTrue(readFrameTypes(http2).contains(7), "GOAWAY, then the end");
        // Another user's connection continues: a ping is answered.
        bob.getOutputStream().write(new byte[] {0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
        while (readFrameType(bob) != 6) {
            // Settings come first.
        }
        assertFalse(isServed(alice, "TLSv1.3"));
    }

    @Test
    void aConnectionWhoseCaIsRemovedEnds() throws Exception {
        start("required", "required");
        SSLSocket user = connectHttp2(CLIENTS.user("alice"));
        TestCa.write(path("ca"), FOREIGN.certificate());
        TestCa.writeText(path("crl"), "");
        assertTrue(tls.clients().check());
        assertTrue(readFrameTypes(user).contains(7));
        assertTrue(isServed(FOREIGN.user("alice"), "TLSv1.3"));
        assertFalse(isServed(CLIENTS.user("alice"), "TLSv1.3"));
    }

    private SSLSocket connectHttp2(Issued own) throws IOException {
        SSLSocket socket = socket(own);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        OutputStream out = socket.getOutputStream();
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
        assertEquals(4, readFrameType(socket), "settings");
        return socket;
    }

    /** @return -1 at the end */
    private static int readFrameType(SSLSocket socket) throws IOException {
        byte[] head = socket.getInputStream().readNBytes(9);
        if (head.length < 9) {
            return -1;
        }
        socket.getInputStream().readNBytes((head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff);
        return head[3];
    }

    private static List<Integer> readFrameTypes(SSLSocket socket) throws IOException {
        List<Integer> types = new ArrayList<>();
        for (int type = readFrameType(socket); type >= 0; type = readFrameType(socket)) {
            types.add(type);
        }
        return types;
    }

    /** Certificate, key, CA and list are replaced again and again while clients put over old and new connections. */
    @Test
    void noRequestFailsWhileCertificatesAreReplaced() throws Exception {
        start("required", "required");
        ManagedChannel lasting = grpc(CLIENTS.user("alice"));
        put(lasting);
        for (int i = 0; i < 100; i++) {
            SERVERS.node("node1").write(path("cert"), path("key"));
            if (i % 3 == 1) {
                TestCa.write(path("ca"), CLIENTS.certificate(), FOREIGN.certificate());
            } else if (i % 3 == 2) {
                TestCa.write(path("ca"), CLIENTS.certificate());
            }
            TestCa.write(path("crl"), CLIENTS.list());
            assertTrue(tls.clients().check(), "change " + i);
            put(lasting);
            assertTrue(isServed(CLIENTS.user("bob"), "TLSv1.3"), "change " + i);
        }
    }

    /** @return the first flight of a real client */
    private byte[] clientHello() throws IOException {
        SSLEngine engine = Issued.client(null, SERVERS.certificate()).createSSLEngine("localhost", 1);
        engine.setUseClientMode(true);
        ByteBuffer out = ByteBuffer.allocate(1 << 15);
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void garbageInHandshakesEndsOnlyItsConnection() throws Exception {
        start("both", "required");
        long seed = 16;
        Random random = new Random(seed);
        byte[] hello = clientHello();
        for (int i = 0; i < 400; i++) {
            byte[] bytes = Arrays.copyOf(hello, 1 + random.nextInt(hello.length + 200));
            for (int j = random.nextInt(6); j > 0; j--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (i % 4 == 0) {
                random.nextBytes(bytes);
                bytes[0] = (byte) (i % 8 == 0 ? 0x16 : 0x17);
            }
            try (Socket socket = gateway.connect()) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (SocketException e) {
                // The connection was closed before the client had read everything.
            }
        }
        put(grpc(CLIENTS.user("alice")));
        while (gateway.server.handshakes() > 0) {
            Thread.onSpinWait();
        }
    }
}
