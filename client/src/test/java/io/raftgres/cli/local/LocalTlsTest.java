package io.raftgres.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of a local cluster, and the client that uses them. */
class LocalTlsTest {

    @TempDir
    private Path directory;

    private static X509Certificate read(Path file) throws Exception {
        try (var in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    @Test
    void nodesAndUsersHaveCasOfTheirOwn() throws Exception {
        LocalTls tls = LocalTls.in(directory);
        assertFalse(tls.exists());
        X509Certificate node = read(tls.issueNode("node1", List.of("db.example.com", "10.0.0.1", "::1"), directory));
        X509Certificate user = read(tls.issueUser("alice", directory));
        assertTrue(tls.exists());
        node.verify(read(tls.clusterCa()).getPublicKey());
        user.verify(read(tls.clientsCa()).getPublicKey());
        assertThrows(Exception.class, () -> user.verify(read(tls.clusterCa()).getPublicKey()));
        assertEquals("CN=alice", user.getSubjectX500Principal().getName());
        assertEquals(
                List.of("db.example.com", "10.0.0.1", "0:0:0:0:0:0:0:1", "raftgres:node1"),
                node.getSubjectAlternativeNames().stream()
                        .map(each -> each.get(1))
                        .toList());
        // A second certificate is of the same CA.
        read(tls.issueUser("bob", directory)).verify(read(tls.clientsCa()).getPublicKey());
        for (String key : List.of("ca.key", "clients-ca.key", "node1.key", "alice.key")) {
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(key))),
                    key);
        }
    }

    @Test
    void aNodeOfAnEncryptedClusterGetsItsOptionsAndFiles() throws Exception {
        LocalDataDirectory data = new LocalDataDirectory(directory);
        Layout layout = new Layout(1, 8081, 9081, 15_431, Layout.ETCDS_OWN).withTls(true);
        data.write(layout);
        assertEquals(layout, data.layout().orElseThrow());
        assertEquals("https://127.0.0.1:8081", layout.url(1));
        assertEquals("https://127.0.0.1:2379", layout.etcdEndpoints());
        NodeCommand command = new NodeCommand(Path.of("java"), List.of("-jar", "x"), "64m", List.of());
        List<String> line = command.line(1, layout, data);
        assertTrue(line.contains("-Draftgres.tls.mode=required"), line::toString);
        assertTrue(line.contains("-Draftgres.tls.rest-port=8081"), line::toString);
        X509Certificate first = read(directory.resolve("tls/node1.crt"));
        command.line(1, layout, data);
        assertEquals(first, read(directory.resolve("tls/node1.crt")), "a restart keeps the certificate");
    }

    @Test
    void theClientVerifiesTheNodeAndShowsItsCertificate() throws Exception {
        LocalTls tls = LocalTls.in(directory);
        tls.issueNode("node1", List.of("127.0.0.1"), directory);
        Path alice = tls.issueUser("alice", directory);
        Path aliceKey = directory.resolve("alice.key");
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.setHttpsConfigurator(new HttpsConfigurator(serverContext()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        server.createContext("/v1/kv/foo", exchange -> {
            exchange.getResponseHeaders().add("raftgres-revision", "7");
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            String url = "https://127.0.0.1:" + server.getAddress().getPort();
            try (RaftgresClient client = builder(url)
                    .cacert(tls.clusterCa())
                    .certificate(alice, aliceKey)
                    .build()) {
                assertFalse(client.get("foo").found());
            }
            try (RaftgresClient client = builder(url)
                    .insecureSkipTlsVerify(true)
                    .certificate(alice, aliceKey)
                    .build()) {
                assertFalse(client.get("foo").found());
            }
            // Without a certificate, and with a CA that did not sign the node's.
            try (RaftgresClient client = builder(url).cacert(tls.clusterCa()).build()) {
                assertThrows(RaftgresException.NotDone.class, () -> client.get("foo"));
            }
            try (RaftgresClient client = builder(url)
                    .cacert(tls.clientsCa())
                    .certificate(alice, aliceKey)
                    .build()) {
                assertThrows(RaftgresException.NotDone.class, () -> client.get("foo"));
            }
        } finally {
            server.stop(0);
        }
        assertThrows(
                IllegalArgumentException.class, () -> RaftgresClient.builder().certificate(alice, null));
        RaftgresClient.Builder wrong = builder("https://127.0.0.1:1").cacert(aliceKey);
        assertThrows(IllegalArgumentException.class, wrong::build);
    }

    private static RaftgresClient.Builder builder(String url) {
        return RaftgresClient.builder().endpoint(url).timeout(Duration.ofSeconds(2));
    }

    private SSLContext serverContext() throws Exception {
        Issuer.Issued own = Issuer.read(directory.resolve("node1.crt"), directory.resolve("node1.key"))
                .own();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", own.key(), new char[0], new Certificate[] {own.certificate()});
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("SunX509");
        keyManagers.init(keys, new char[0]);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", read(directory.resolve("clients-ca.crt")));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
