package io.raftgres.node.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.TestConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of a node's certificates are taken as one set, and a wrong set changes nothing. */
class TlsFilesTest {

    private static final TestCa CLIENTS = TestCa.root("clients");
    private static final TestCa CLUSTER = TestCa.root("cluster");
    private static final TestCa FOREIGN = TestCa.root("foreign");

    @TempDir
    private Path directory;

    private final List<String> options = new ArrayList<>();

    private Path path(String name) {
        return directory.resolve(name);
    }

    @BeforeEach
    void write() {
        CLIENTS.node("node1").write(path("cert"), path("key"));
        TestCa.write(path("ca"), CLIENTS.certificate());
        TestCa.write(path("crl"), CLIENTS.list());
        CLUSTER.node("node1").write(path("peer-cert"), path("peer-key"));
        TestCa.write(path("peer-ca"), CLUSTER.certificate());
        option("TLS_MODE", "required");
        option("TLS_PEER_MODE", "required");
        option("TLS_CLIENT_AUTH", "optional");
        option("TLS_CERT", path("cert").toString());
        option("TLS_KEY", path("key").toString());
        option("TLS_CLIENT_CA", path("ca").toString());
        option("TLS_CRL", path("crl").toString());
        option("TLS_PEER_CERT", path("peer-cert").toString());
        option("TLS_PEER_KEY", path("peer-key").toString());
        option("TLS_PEER_CA", path("peer-ca").toString());
    }

    private void option(String name, String value) {
        int at = options.indexOf(name);
        if (at >= 0) {
            options.set(at + 1, value);
        } else {
            options.addAll(List.of(name, value));
        }
    }

    private NodeTls open() throws IOException {
        return NodeTls.open(TestConfig.config(options.toArray(String[]::new)));
    }

    @Test
    void withoutOptionsNothingIsEncrypted() throws IOException {
        try (NodeTls tls = NodeTls.open(TestConfig.config())) {
            assertNull(tls.clients());
            assertNull(tls.peers());
            assertNull(tls.problem());
        }
    }

    @Test
    void aNewSetReplacesTheFormerOne() throws IOException {
        try (NodeTls tls = open()) {
            CertificateSet before = tls.clients().current();
            assertTrue(tls.clients().check());
            assertSame(before, tls.clients().current(), "nothing has changed");
            List<CertificateSet> told = new ArrayList<>();
            tls.clients().onChange(told::add);
            CLIENTS.node("node1").write(path("cert"), path("key"));
            assertTrue(tls.clients().check());
            assertNotEquals(before.fingerprint(), tls.clients().current().fingerprint());
            assertEquals(List.of(tls.clients().current()), told);
        }
    }

    @Test
    void filesAreReadAgainWithoutBeingAsked() throws Exception {
        CertificateFiles files = TlsOptions.of(
                        TestConfig.config(options.toArray(String[]::new)).tls(), "node1")
                .clientFiles();
        try (TlsFiles watched = TlsFiles.open("clients", files, Duration.ofMillis(20))) {
            String before = watched.current().fingerprint();
            CLIENTS.node("node1").write(path("cert"), path("key"));
            while (watched.current().fingerprint().equals(before)) {
                Thread.onSpinWait();
            }
            TestCa.writeText(path("key"), "no key");
            while (watched.problem() == null) {
                Thread.onSpinWait();
            }
            assertTrue(watched.problem().contains("the former ones stay"), watched.problem());
            assertTrue(watched.problem().contains(path("key").toString()), watched.problem());
            CLIENTS.node("node1").write(path("cert"), path("key"));
            while (watched.problem() != null) {
                Thread.onSpinWait();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "order", "expired", "early", "no-ca", "text", "crl", "crl-text", "gone", "old-cas"})
    void aWrongSetChangesNothing(String wrong) throws IOException {
        try (NodeTls tls = open()) {
            CertificateSet before = tls.clients().current();
            Instant now = Instant.now();
            String named = switch (wrong) {
                case "key" -> {
                    CLIENTS.node("node1").write(path("cert"), path("other-key"));
                    yield "is not the key of the first certificate";
                }
                case "order" -> {
                    TestCa.Issued issued = CLIENTS.intermediate("between").node("node1");
                    issued.write(path("cert"), path("key"));
                    TestCa.write(path("cert"), issued.certificate(), FOREIGN.certificate());
                    yield "out of order";
                }
                case "expired" -> {
                    CLIENTS.order("node1")
                            .valid(now.minusSeconds(99), now.minusSeconds(9))
                            .issue()
                            .write(path("cert"), path("key"));
                    yield "expired at";
                }
                case "early" -> {
                    CLIENTS.order("node1")
                            .valid(now.plusSeconds(900), now.plusSeconds(999))
                            .issue()
                            .write(path("cert"), path("key"));
                    yield "is not valid before";
                }
                case "no-ca" -> {
                    TestCa.write(path("ca"), CLIENTS.user("u").certificate());
                    yield "that is no CA";
                }
                case "text" -> {
                    TestCa.writeText(path("cert"), "");
                    yield "no block CERTIFICATE";
                }
                case "crl" -> {
                    TestCa.write(path("crl"), FOREIGN.list());
                    yield "which none of the CAs has signed";
                }
                case "crl-text" -> {
                    TestCa.writeText(path("crl"), "x");
                    yield "is no certificate revocation list";
                }
                case "gone" -> {
                    Files.delete(path("ca"));
                    yield "does not exist";
                }
                default -> {
                    TestCa.Order old = CLIENTS.order("old");
                    TestCa.write(
                            path("ca"),
                            old.ca()
                                    .valid(now.minusSeconds(99), now.minusSeconds(9))
                                    .issue()
                                    .certificate());
                    yield "expired CAs alone";
                }
            };
            assertTrue(!tls.clients().check());
            assertSame(before, tls.clients().current());
            IOException atStart = assertThrows(IOException.class, this::open);
            assertTrue(atStart.getMessage().contains(named), atStart.getMessage());
            assertTrue(atStart.getMessage().startsWith("no TLS for clients: " + directory), atStart.getMessage());
        }
    }

    @Test
    void aPeersCertificateMustBeOfTheCasThatPeersTrust() {
        FOREIGN.node("node1").write(path("peer-cert"), path("peer-key"));
        String message = assertThrows(IOException.class, this::open).getMessage();
        assertTrue(message.contains("other members would refuse it"), message);
    }

    @Test
    void anOutdatedListIsUsedAndReported() throws IOException {
        TestCa.write(path("crl"), CLIENTS.list(Instant.now().minusSeconds(60)));
        try (NodeTls tls = open()) {
            assertTrue(tls.problem().contains("out of date since"), tls.problem());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            TLS_CERT | none | raftgres.tls.cert is not set
            TLS_KEY | none | raftgres.tls.key is not set
            TLS_PEER_CA | none | raftgres.tls.peer-ca is not set
            TLS_PEER_CERT | none | raftgres.tls.peer-cert is not set
            TLS_CLIENT_CA | none | client-auth needs raftgres.tls.client-ca
            TLS_CLIENT_AUTH | none | client-ca has no effect
            TLS_MODE | off | client-auth needs raftgres.tls.mode
            TLS_MIN_VERSION | 1.1 | set it to 1.2 or 1.3
            """)
    void optionsThatContradictEachOtherAreRefused(String name, String value, String message) {
        option(name, value == null ? (name.equals("TLS_CLIENT_AUTH") ? "none" : "") : value);
        String found = assertThrows(IllegalArgumentException.class, this::open).getMessage();
        assertTrue(found.contains(message), found);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void keysAreReadInTheirOldFormAndAsPkcs8(String algorithm) throws IOException {
        TestCa.Order order = CLIENTS.order("node1");
        TestCa.Issued issued = algorithm.equals("RSA") ? order.rsa().issue() : order.issue();
        issued.write(path("cert"), path("key"));
        assertTrue(Files.readString(path("key")).contains("BEGIN " + algorithm + " PRIVATE KEY"));
        open().close();
        TestCa.writeText(
                path("key"),
                "text before\n-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(issued.key().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        open().close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
                        + "-----END RSA PRIVATE KEY-----\n"
            })
    void anEncryptedKeyIsNamedAsSuch(String text) {
        TestCa.writeText(path("key"), text);
        String message = assertThrows(IOException.class, this::open).getMessage();
        assertTrue(message.contains("holds an encrypted key"), message);
    }

    @Test
    void aCertificateOfTheClustersCaIsANodesAndNeverAUsers() throws IOException {
        try (NodeTls tls = open()) {
            PeerCertificates trusted = tls.clients().current().trusted();
            assertNull(trusted.refusal(CLIENTS.user("alice").chain()));
            assertNull(trusted.refusal(CLUSTER.node("node2").chain()));
            assertNotNull(trusted.refusal(FOREIGN.user("alice").chain()));
            assertEquals(
                    "alice",
                    CertificateNames.of(CLIENTS.user("alice").certificate()).commonName());
            assertEquals(
                    Set.of("node2"),
                    CertificateNames.of(CLUSTER.node("node2").certificate()).members());
            assertEquals(
                    Set.of("a", "b"),
                    CertificateNames.of(CLUSTER.order("a")
                                    .dns("b.example.com")
                                    .ip("127.0.0.1")
                                    .issue()
                                    .certificate())
                            .members());
        }
    }

    @Test
    void allowedNamesMayBeCnOrAlternativeNames() throws IOException {
        option("TLS_ALLOWED_NAMES", "alice,app.example.com");
        try (NodeTls tls = open()) {
            PeerCertificates trusted = tls.clients().current().trusted();
            assertNull(trusted.refusal(CLIENTS.user("alice").chain()));
            assertNull(trusted.refusal(
                    CLIENTS.order("x").dns("*.example.com").issue().chain()));
            assertNull(trusted.refusal(CLUSTER.node("node2").chain()), "names are of users, not of nodes");
            assertTrue(trusted.refusal(CLIENTS.user("bob").chain()).contains("allowed-names"));
        }
    }

    /** Whatever the files hold, reading them ends with an error that names the file, and in no other way. */
    @Test
    void randomFilesAreRefused() throws IOException {
        long seed = 11;
        Random random = new Random(seed);
        byte[] cert = Files.readAllBytes(path("cert"));
        byte[] key = Files.readAllBytes(path("key"));
        try (NodeTls tls = open()) {
            for (int i = 0; i < 300; i++) {
                Path path = path(i % 2 == 0 ? "cert" : "key");
                byte[] bytes = (i % 2 == 0 ? cert : key).clone();
                for (int j = random.nextInt(4); j >= 0; j--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                Files.write(path, Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length)));
                tls.clients().check();
                Files.write(path, i % 2 == 0 ? cert : key);
            }
            assertTrue(tls.clients().check(), "seed " + seed);
        }
    }
}
