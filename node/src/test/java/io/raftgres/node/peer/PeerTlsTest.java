package io.raftgres.node.peer;

import static io.raftgres.node.peer.TestNode.connect;
import static io.raftgres.node.peer.TestNode.freePort;
import static io.raftgres.node.peer.TestNode.member;
import static io.raftgres.node.peer.TestNode.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.node.config.TestConfig;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.node.tls.TestCa;
import io.raftgres.node.tls.TestCa.Issued;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Encrypted connections between nodes. */
@Timeout(180)
class PeerTlsTest {

    private static final Frame HEARTBEAT = new Frame.Raft(new Message.Heartbeat(1, 2, 3, 4));
    private static final TestCa CLUSTER = TestCa.root("cluster");
    private static final TestCa FOREIGN = TestCa.root("foreign");

    @TempDir
    private Path directory;

    private final List<TestNode> nodes = new ArrayList<>();
    private final List<NodeTls> opened = new ArrayList<>();

    @AfterEach
    void noThreadIsLeft() {
        nodes.forEach(TestNode::close);
        opened.forEach(NodeTls::close);
        until(
                "no thread left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("peer-")));
    }

    private Path path(long id, String name) {
        try {
            Files.createDirectories(directory.resolve("node" + id));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return directory.resolve("node" + id).resolve(name);
    }

    private NodeTls tls(long id, String mode, Issued own, Object... trusted) throws IOException {
        own.write(path(id, "cert"), path(id, "key"));
        TestCa.write(path(id, "ca"), trusted);
        TestCa.write(path(id, "crl"), CLUSTER.list());
        NodeTls tls = NodeTls.open(TestConfig.config(
                "NAME",
                "node" + id,
                "TLS_PEER_MODE",
                mode,
                "TLS_PEER_CERT",
                path(id, "cert").toString(),
                "TLS_PEER_KEY",
                path(id, "key").toString(),
                "TLS_PEER_CA",
                path(id, "ca").toString(),
                "TLS_PEER_CRL",
                path(id, "crl").toString()));
        opened.add(tls);
        return tls;
    }

    private TestNode node(long id, NodeTls tls) throws IOException {
        TestNode node = new TestNode(id, TestNode.CLUSTER, freePort(), PeerOptions.standard(), tls);
        nodes.add(node);
        return node;
    }

    /** @param mode off, both, or required */
    private TestNode node(long id, String mode) throws IOException {
        return node(
                id,
                mode.equals("off") ? NodeTls.off() : tls(id, mode, CLUSTER.node("node" + id), CLUSTER.certificate()));
    }

    private static void exchange(TestNode from, TestNode to) {
        from.sendSurely(to.id, HEARTBEAT);
        until(
                "node" + to.id + " receives from node" + from.id,
                () -> to.received.stream().anyMatch(each -> each.from() == from.id));
        to.received.clear();
    }

    private static Frame append(byte[] bytes) {
        return new Frame.Raft(
                new Message.AppendRequest(7, 2, 1, List.of(new Entry(3, 1, Entry.Kind.COMMAND, bytes)), 0));
    }

    @ParameterizedTest
    @CsvSource({
        "required, required, required",
        "both, both, both",
        "off, both, both",
        "off, off, both",
        "both, required, both",
        "required, both, required"
    })
    void nodesExchangeFramesInTheseModes(String one, String two, String three) throws IOException {
        TestNode[] all = {node(1, one), node(2, two), node(3, three)};
        connect(all);
        for (TestNode from : all) {
            for (TestNode to : all) {
                if (from != to) {
                    exchange(from, to);
                }
            }
        }
    }

    @Test
    void plainAndEncryptedAloneDoNotMeet_AndBothSaySo() throws IOException {
        TestNode plain = node(1, "off");
        TestNode encrypted = node(2, "required");
        plain.transport.setPeers(List.of(plain.member(), encrypted.member()));
        encrypted.transport.setPeers(List.of(plain.member(), encrypted.member()));
        until(
                "the plain node learns why",
                () -> plain.refusals.stream().anyMatch(reason -> reason.contains("takes encrypted connections alone")));
        assertFalse(plain.transport.stats(2).connected());
        assertFalse(encrypted.transport.stats(1).connected());
    }

    @Test
    void largeFramesArriveWhole() throws IOException {
        TestNode one = node(1, "required");
        TestNode two = node(2, "required");
        connect(one, two);
        Random random = new Random(5);
        long sum = 0;
        int count = 40;
        for (int i = 0; i < count; i++) {
            byte[] bytes = new byte[1 + random.nextInt(2_000_000)];
            random.nextBytes(bytes);
            sum += Arrays.hashCode(bytes);
            one.sendSurely(2, append(bytes));
            one.sendSurely(2, HEARTBEAT);
        }
        until(
                "all arrive",
                () -> two.received.stream()
                                .filter(each -> isAppend(each.frame()))
                                .count()
                        == count);
        long found = two.received.stream()
                .filter(each -> isAppend(each.frame()))
                .mapToLong(each -> Arrays.hashCode(((Message.AppendRequest) ((Frame.Raft) each.frame()).message())
                        .entries()
                        .getFirst()
                        .data()))
                .sum();
        assertEquals(sum, found);
    }

    private static boolean isAppend(Frame frame) {
        return frame instanceof Frame.Raft raft && raft.message() instanceof Message.AppendRequest;
    }

    @ParameterizedTest
    @ValueSource(strings = {"foreign", "server-only", "client-only", "expired", "revoked", "other-host"})
    void aNodeWithThisCertificateIsNotConnected(String which) throws IOException {
        Instant now = Instant.now();
        TestCa.Order order = CLUSTER.order("node2").dns("localhost").ip("127.0.0.1");
        Issued own = switch (which) {
            case "server-only" -> order.onlyFor(KeyPurposeId.id_kp_serverAuth).issue();
            case "client-only" -> order.onlyFor(KeyPurposeId.id_kp_clientAuth).issue();
            case "expired" ->
                order.valid(now.minusSeconds(99), now.plusSeconds(2)).issue();
            case "other-host" -> CLUSTER.order("node2").dns("db.example.com").issue();
            default -> order.issue();
        };
        Issued shown = which.equals("foreign") ? FOREIGN.node("node2") : own;
        if (which.equals("revoked")) {
            CLUSTER.revoke(own.certificate());
        }
        TestNode one = node(1, "required");
        TestCa.write(path(1, "crl"), CLUSTER.list());
        assertTrue(opened.getFirst().peers().check());
        NodeTls tls = which.equals("foreign")
                ? tls(2, "required", shown, CLUSTER.certificate(), FOREIGN.certificate())
                : openWithoutList(2, shown);
        if (which.equals("expired")) {
            until("it expires", () -> Instant.now().isAfter(now.plusSeconds(3)));
        }
        TestNode two = node(2, tls);
        one.transport.setPeers(List.of(one.member(), two.member()));
        two.transport.setPeers(List.of(one.member(), two.member()));
        // A certificate for servers alone is good for being dialled, but not for dialling, and so on.
        boolean oneRefuses = !which.equals("server-only");
        boolean twoIsRefused = !which.equals("client-only") && !which.equals("other-host");
        if (oneRefuses) {
            until("node1 says why", () -> one.refusals.stream().anyMatch(reason -> reason.contains("no TLS")));
            assertFalse(one.transport.stats(2).connected());
        }
        if (twoIsRefused) {
            until("node2 learns", () -> two.refusals.stream().anyMatch(reason -> reason.contains("no TLS")));
            assertFalse(two.transport.stats(1).connected());
        }
    }

    private NodeTls openWithoutList(long id, Issued own) throws IOException {
        own.write(path(id, "cert"), path(id, "key"));
        TestCa.write(path(id, "ca"), CLUSTER.certificate());
        NodeTls tls = NodeTls.open(TestConfig.config(
                "NAME",
                "node" + id,
                "TLS_PEER_MODE",
                "required",
                "TLS_PEER_CERT",
                path(id, "cert").toString(),
                "TLS_PEER_KEY",
                path(id, "key").toString(),
                "TLS_PEER_CA",
                path(id, "ca").toString()));
        opened.add(tls);
        return tls;
    }

    private SSLSocket raw(TestNode node, Issued own) throws IOException {
        SSLSocket socket = (SSLSocket) Issued.client(own, CLUSTER.certificate())
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), node.transport.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** @return the node's response to a hello with this name and id */
    private Handshake.Response greet(TestNode node, Issued own, String name, long sender) throws IOException {
        try (SSLSocket socket = raw(node, own)) {
            socket.getOutputStream()
                    .write(Handshake.Hello.of(new PeerIdentity(TestNode.CLUSTER, sender, name, 0, ""), node.id)
                            .encode());
            return TestNode.response(socket.getInputStream());
        }
    }

    @Test
    void theSenderIsBoundToItsCertificate() throws IOException {
        TestNode one = node(1, "required");
        one.transport.setPeers(List.of(one.member(), member(2, freePort()), member(3, freePort())));
        Issued two = CLUSTER.node("node2");
        assertEquals(Handshake.Verdict.ACCEPTED, greet(one, two, "node2", 2).verdict());
        assertEquals(Handshake.Verdict.WRONG_MEMBER, greet(one, two, "node3", 2).verdict());
        Handshake.Response other = greet(one, two, "node2", 3);
        assertEquals(Handshake.Verdict.WRONG_MEMBER, other.verdict());
        assertTrue(other.detail().contains("claims to be member 'node3'"), other.detail());
        // A node that is no member yet, and a certificate with a wildcard, which proves the cluster alone.
        assertEquals(
                Handshake.Verdict.ACCEPTED,
                greet(one, CLUSTER.node("node9"), "node9", 9).verdict());
        Issued wildcard = CLUSTER.order("any").dns("*.peers.example.com").issue();
        assertEquals(
                Handshake.Verdict.ACCEPTED, greet(one, wildcard, "node3", 3).verdict());
        // The CN and the first labels count only without the URI.
        Issued uri = CLUSTER.order("node2")
                .dns("node2.example.com")
                .uri("raftgres:node3")
                .issue();
        assertEquals(Handshake.Verdict.WRONG_MEMBER, greet(one, uri, "node2", 2).verdict());
        // A user's certificate is of another CA.
        assertThrows(IOException.class, () -> greet(one, FOREIGN.user("node2"), "node2", 2));
        assertThrows(IOException.class, () -> greet(one, null, "node2", 2));
    }

    @Test
    void olderVersionsOfTlsAreRefused() throws IOException {
        TestNode one = node(1, "both");
        try (SSLSocket socket = raw(one, CLUSTER.node("node2"))) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThrows(IOException.class, socket::startHandshake);
        }
    }

    @Test
    void connectionsContinueWithANewCertificate_AndEndWhenTheirsIsRevoked() throws IOException {
        TestNode one = node(1, "required");
        TestNode two = node(2, "required");
        connect(one, two);
        for (int i = 0; i < 20; i++) {
            CLUSTER.node("node1").write(path(1, "cert"), path(1, "key"));
            assertTrue(opened.getFirst().peers().check());
            exchange(one, two);
            exchange(two, one);
        }
        assertEquals(0, one.transport.stats(2).reconnects());
        assertEquals(0, two.transport.stats(1).reconnects());
        CLUSTER.revoke(opened.getLast().peers().current().chain().getFirst());
        TestCa.write(path(1, "crl"), CLUSTER.list());
        assertTrue(opened.getFirst().peers().check());
        until("node1 no longer sends to node2", () -> !one.transport.stats(2).connected());
        until("node2 no longer reaches node1", () -> !two.transport.stats(1).connected());
        CLUSTER.node("node2").write(path(2, "cert"), path(2, "key"));
        assertTrue(opened.getLast().peers().check());
        connect(one, two);
        exchange(one, two);
        exchange(two, one);
    }

    /** TLS 1.3 replaces its keys after 2^37 bytes; here after 2^20. The JDK reads this limit when a process starts. */
    @Test
    void keysAreReplacedWhileFramesAreSent() throws Exception {
        Path limits = Files.writeString(
                directory.resolve("limits"),
                "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^20, ChaCha20-Poly1305 KeyUpdate 2^20\n");
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.security.properties=" + limits,
                        "-Djavax.net.debug=ssl:handshake",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EncryptedTraffic.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS));
            List<String> lines = Files.readAllLines(output);
            assertEquals(0, process.exitValue(), () -> lines.getLast());
            // Each side has sent 20 MB, and a request for new keys is answered.
            assertTrue(lines.stream().filter(line -> line.contains("KeyUpdate")).count() > 40, "no new keys");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aHandshakeThatNeverEndsIsClosed() throws IOException {
        PeerOptions quick = new PeerOptions(32 << 20, 16 << 20, 8192, 256 << 10, 16 << 10, 300, 2_000);
        TestNode one = new TestNode(
                1,
                TestNode.CLUSTER,
                freePort(),
                quick,
                tls(1, "required", CLUSTER.node("node1"), CLUSTER.certificate()));
        nodes.add(one);
        byte[] hello = clientHello();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), one.transport.port())) {
            socket.setSoTimeout(20_000);
            long begun = System.nanoTime();
            boolean open = true;
            for (int i = 0; i < hello.length - 1 && open; i++) {
                try {
                    socket.getOutputStream().write(hello[i]);
                    TimeUnit.MILLISECONDS.sleep(20);
                } catch (IOException e) {
                    open = false;
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            assertFalse(open, "a byte each 20 ms kept it open for " + (System.nanoTime() - begun) / 1_000_000 + " ms");
        }
    }

    private static byte[] clientHello() throws IOException {
        SSLEngine engine = Issued.client(null, CLUSTER.certificate()).createSSLEngine("localhost", 1);
        engine.setUseClientMode(true);
        ByteBuffer out = ByteBuffer.allocate(1 << 15);
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void garbageEndsOnlyItsConnection() throws IOException {
        TestNode one = node(1, "both");
        TestNode two = node(2, "required");
        connect(one, two);
        byte[] hello = clientHello();
        long seed = 9;
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] changed = hello.clone();
            for (int j = random.nextInt(5); j > 0; j--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            bytes.write(changed, 0, 1 + random.nextInt(changed.length));
            byte[] more = new byte[random.nextInt(300)];
            random.nextBytes(more);
            bytes.writeBytes(more);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), one.transport.port())) {
                socket.getOutputStream().write(bytes.toByteArray());
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                // The connection was closed before everything was read.
            }
        }
        exchange(one, two);
        exchange(two, one);
    }
}
