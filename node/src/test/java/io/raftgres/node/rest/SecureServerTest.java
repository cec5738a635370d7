package io.raftgres.node.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.TestConfig;
import io.raftgres.node.memory.MemoryAccount;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.tls.TestCa;
import io.raftgres.node.tls.TestCa.Issued;
import io.raftgres.node.web.BrowserRules;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** REST with TLS. */
@Timeout(120)
class SecureServerTest {

    private static final TestCa SERVERS = TestCa.root("servers");
    private static final TestCa CLIENTS = TestCa.root("clients");

    @TempDir
    private Path directory;

    private final Vertx vertx = Vertx.vertx();
    private final MemoryKvService service = new MemoryKvService();
    private NodeTls tls;
    private RestApi api;
    private SecureServer server;

    private Path path(String name) {
        return directory.resolve(name);
    }

    @BeforeEach
    void start() throws IOException {
        SERVERS.node("node1").write(path("cert"), path("key"));
        TestCa.write(path("ca"), CLIENTS.certificate());
        TestCa.write(path("crl"), CLIENTS.list());
        tls = NodeTls.open(TestConfig.config(
                "TLS_MODE",
                "required",
                "TLS_CERT",
                path("cert").toString(),
                "TLS_KEY",
                path("key").toString(),
                "TLS_CLIENT_AUTH",
                "required",
                "TLS_CLIENT_CA",
                path("ca").toString(),
                "TLS_CRL",
                path("crl").toString()));
        api = new RestApi(
                service,
                RestServer.QUICK,
                RequestMeter.NONE,
                vertx,
                BrowserRules.strict(),
                new RequestLimits(RestServer.QUICK, new MemoryAccount(8 << 20), new MemoryAccount(8 << 20)));
        Router router = Router.router(vertx);
        api.mount(router);
        server = new SecureServer(vertx, "localhost", 0, router, tls);
    }

    @AfterEach
    void stop() throws Exception {
        api.close();
        server.close();
        tls.close();
        service.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private int put(Issued own) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(Issued.client(own, SERVERS.certificate()))
                .build()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/v1/kv/foo"))
                                    .PUT(HttpRequest.BodyPublishers.ofString("bar"))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    private SSLSocket connect(Issued own) throws IOException {
        SSLSocket socket = (SSLSocket)
                Issued.client(own, SERVERS.certificate()).getSocketFactory().createSocket("localhost", server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static String get(SSLSocket socket) throws IOException {
        socket.getOutputStream()
                .write("HEAD /v1/kv/foo HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("the connection has ended");
            }
            head.append((char) next);
        }
        return head.substring(0, head.indexOf("\r\n"));
    }

    @Test
    void onlyClientsWithACertificateAreServed() throws Exception {
        assertEquals(201, put(CLIENTS.user("alice")));
        assertThrows(IOException.class, () -> put(null));
        assertThrows(IOException.class, () -> put(TestCa.root("foreign").user("alice")));
    }

    @Test
    void newConnectionsGetTheNewCertificate_AndOthersContinue() throws Exception {
        put(CLIENTS.user("alice"));
        try (SSLSocket before = connect(CLIENTS.user("alice"))) {
            assertEquals("HTTP/1.1 200 OK", get(before));
            for (int i = 0; i < 20; i++) {
                Issued next = SERVERS.node("node1");
                next.write(path("cert"), path("key"));
                assertTrue(tls.clients().check());
                assertEquals("HTTP/1.1 200 OK", get(before));
                try (SSLSocket after = connect(CLIENTS.user("bob"))) {
                    after.startHandshake();
                    assertEquals(next.certificate(), after.getSession().getPeerCertificates()[0], "change " + i);
                }
            }
        }
    }

    @Test
    void aConnectionWhoseCertificateIsRevokedEnds() throws Exception {
        Issued alice = CLIENTS.user("alice");
        put(alice);
        try (SSLSocket revoked = connect(alice);
                SSLSocket other = connect(CLIENTS.user("bob"))) {
            get(revoked);
            get(other);
            CLIENTS.revoke(alice.certificate());
            TestCa.write(path("crl"), CLIENTS.list());
            assertTrue(tls.clients().check());
            assertEquals(-1, revoked.getInputStream().read());
            assertEquals("HTTP/1.1 200 OK", get(other));
            assertThrows(IOException.class, () -> put(alice));
        }
    }
}
