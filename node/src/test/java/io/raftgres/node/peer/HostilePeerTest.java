package io.raftgres.node.peer;

import static io.raftgres.node.peer.TestNode.until;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that are no proper peers are closed or refused, and proper peers do not notice. */
class HostilePeerTest {
    private static final Frame HEARTBEAT = new Frame.Raft(new Message.Heartbeat(1, 2, 3, 4));
    private static final int HANDSHAKE_MILLIS = 2_000;

    private TestNode node;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        PeerOptions o = PeerOptions.standard();
        node = new TestNode(
                1,
                new PeerOptions(
                        o.maxFrameBytes(),
                        o.queueBytes(),
                        o.queueFrames(),
                        o.socketBufferBytes(),
                        o.compressFromBytes(),
                        HANDSHAKE_MILLIS,
                        2_000));
    }

    @AfterEach
    void aProperPeerIsStillServed() throws Exception {
        try (TestNode proper = new TestNode(9)) {
            proper.transport.setPeers(List.of(node.member()));
            proper.sendSurely(1, HEARTBEAT);
            until("served", () -> node.received.stream().anyMatch(r -> r.from() == 9));
        } finally {
            node.close();
            for (AutoCloseable each : open) {
                each.close();
            }
        }
    }

    private Socket raw() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.transport.port());
        socket.setSoTimeout(20_000);
        open.add(socket);
        return socket;
    }

    private static void assertClosed(Socket socket) throws IOException {
        try {
            assertEquals(-1, socket.getInputStream().read());
        } catch (SocketException e) {
            assertTrue(e.getMessage().contains("reset") || e.getMessage().contains("abort"), e.getMessage());
        }
    }

    @Test
    void garbageIsClosedAtOnce() throws IOException {
        long start = System.nanoTime();
        Socket http = raw();
        http.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertClosed(http);
        assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(10));
        Random random = new Random(1);
        byte[] hello = TestNode.hello(TestNode.CLUSTER, 2, 1).encode();
        for (int round = 0; round < 100; round++) {
            byte[] bytes = hello.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            try (Socket socket = raw()) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                assertClosed(socket);
            }
        }
        assertTrue(node.received.isEmpty() && node.events.isEmpty());
    }

    @Test
    void anIntroductionThatMakesNoSenseEndsTheConnection() throws IOException {
        Random random = new Random(3);
        byte[] introduction = new Introduction(5, true, "127.0.0.1:1").encode();
        for (int round = 0; round < 100; round++) {
            byte[] bytes = introduction.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            try (Socket socket = raw()) {
                socket.getOutputStream()
                        .write(TestNode.hello(TestNode.CLUSTER, 2, 1).encode());
                assertEquals(
                        Handshake.Verdict.ACCEPTED,
                        TestNode.response(socket.getInputStream()).verdict());
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                assertClosed(socket);
            }
        }
        assertTrue(node.received.isEmpty()
                && node.events.isEmpty()
                && node.transport.peers().isEmpty());
    }

    /**
     * A stranger with the cluster's id can make this node dial addresses of its choice: only few at a time, while it
     * stays connected.
     */
    @Test
    void dialledNonMembersAreBounded() throws IOException {
        node.transport.setPeers(List.of(TestNode.member(2, 1)));
        List<Socket> strangers = new ArrayList<>();
        for (int i = 0; i < PeerTransport.MAX_GUESTS; i++) {
            strangers.add(
                    node.dial(TestNode.hello(TestNode.CLUSTER, 100 + i, 1), new Introduction(0, true, "127.0.0.1:1")));
            open.add(strangers.getLast());
        }
        until("dialled", () -> node.transport.peers().size() == 1 + PeerTransport.MAX_GUESTS);
        Socket tooMany = node.dial(TestNode.hello(TestNode.CLUSTER, 99, 1), new Introduction(0, true, "127.0.0.1:1"));
        open.add(tooMany);
        tooMany.getOutputStream().write(TestNode.wire(HEARTBEAT));
        until("it is heard", () -> !node.received.isEmpty());
        assertEquals(1 + PeerTransport.MAX_GUESTS, node.transport.peers().size());
        for (Socket stranger : strangers) {
            stranger.close();
        }
        until("let go", () -> node.transport.peers().stream().allMatch(id -> id == 2 || id == 99));
    }

    @Test
    void refusalsSayWhy() throws IOException {
        assertRefused(new Handshake.Hello(1, 1, 5, 2, 1, "x"), Handshake.Verdict.WRONG_CLUSTER);
        assertRefused(new Handshake.Hello(1, 1, TestNode.CLUSTER, 2, 7, "x"), Handshake.Verdict.WRONG_MEMBER);
        assertRefused(new Handshake.Hello(1, 1, TestNode.CLUSTER, 1, 1, "x"), Handshake.Verdict.ITSELF);
        assertRefused(new Handshake.Hello(7, 9, TestNode.CLUSTER, 2, 1, "x"), Handshake.Verdict.VERSION);
        assertEquals(1, node.refusals.size(), "logged once in a while only");
    }

    private void assertRefused(Handshake.Hello hello, Handshake.Verdict verdict) throws IOException {
        Socket socket = raw();
        socket.getOutputStream().write(hello.encode());
        Handshake.Response response = TestNode.response(socket.getInputStream());
        assertEquals(verdict, response.verdict());
        assertTrue(response.detail().length() > 10, response.detail());
        assertClosed(socket);
    }

    @Test
    void aNameCannotBreakALogLine() throws IOException {
        Socket socket = raw();
        String name = "x\nERROR y\u001b[0m" + "z".repeat(300);
        socket.getOutputStream().write(new Handshake.Hello(1, 1, 5, 2, 1, name).encode());
        TestNode.response(socket.getInputStream());
        until("refused", () -> !node.refusals.isEmpty());
        assertTrue(node.refusals.peek().contains("'x?ERROR y?[0mzzz"), node.refusals.peek());
    }

    @Test
    void slowGreetingsEndAtTheTimeoutHoweverTheyDrip() throws Exception {
        long start = System.nanoTime();
        Socket silent = raw();
        Socket dripping = raw();
        byte[] hello = TestNode.hello(TestNode.CLUSTER, 2, 1).encode();
        Thread drip = Thread.ofPlatform().start(() -> {
            try {
                for (byte each : hello) {
                    dripping.getOutputStream().write(each);
                    TimeUnit.MILLISECONDS.sleep(HANDSHAKE_MILLIS / 4);
                }
            } catch (IOException | InterruptedException e) {
                // closed, as it should be
            }
        });
        assertClosed(silent);
        assertClosed(dripping);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        assertTrue(millis >= HANDSHAKE_MILLIS / 2 && millis < 10_000, "after " + millis + " ms");
        drip.interrupt();
        drip.join();
        assertEquals(0, node.transport.incomingSince(2));
    }

    @Test
    void connectionsBeforeTheHandshakeAreBounded() throws IOException {
        for (int i = 0; i < 3 * PeerServer.MAX_PENDING; i++) {
            raw();
        }
        until(
                "at most so many threads",
                () -> Thread.getAllStackTraces().keySet().stream()
                                .filter(t -> t.getName().equals("peer-in"))
                                .count()
                        <= PeerServer.MAX_PENDING);
        for (AutoCloseable each : open) {
            assertClosed((Socket) each);
        }
    }

    /** Strangers open connections and send nothing. A member sends its handshake and gets in at once. */
    @Test
    void silentConnectionsDoNotKeepAMemberOut() throws IOException {
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < PeerServer.MAX_PENDING; i++) {
                raw();
            }
            open.add(node.dial(2 + round));
        }
    }

    /** A sender with an invented id displaces others that are no members, and never a member. */
    @Test
    void strangersHaveFewPlacesAndTakeNoMembers() throws Exception {
        node.isMember = id -> id < 100;
        for (int member = 2; member < 50; member++) {
            open.add(node.dial(member));
        }
        List<Socket> strangers = new ArrayList<>();
        for (int i = 0; i < 3 * PeerServer.MAX_STRANGERS; i++) {
            strangers.add(node.dial(1_000 + i));
            open.add(strangers.getLast());
        }
        int gone = 2 * PeerServer.MAX_STRANGERS;
        for (Socket ousted : strangers.subList(0, gone)) {
            assertClosed(ousted);
        }
        for (int i = 0; i < strangers.size(); i++) {
            assertEquals(i >= gone, node.transport.incomingSince(1_000 + i) != 0, "stranger " + i);
        }
        for (int member = 2; member < 50; member++) {
            assertTrue(node.transport.incomingSince(member) != 0, "member " + member);
        }
    }

    /**
     * A member that joined while this node was down is a stranger until this node learns of it. Then it has its own
     * place.
     */
    @Test
    void aStrangerThatHasBecomeAMemberIsNoStranger() throws Exception {
        Set<Long> members = ConcurrentHashMap.newKeySet();
        node.isMember = members::contains;
        Socket joined = node.dial(1_000);
        open.add(joined);
        joined.getOutputStream().write(TestNode.wire(HEARTBEAT));
        until("heard", () -> node.received.size() == 1);
        members.add(1_000L);
        joined.getOutputStream().write(TestNode.wire(HEARTBEAT));
        until("heard again", () -> node.received.size() == 2);
        for (int i = 1; i <= 2 * PeerServer.MAX_STRANGERS; i++) {
            open.add(node.dial(1_000 + i));
        }
        assertTrue(node.transport.incomingSince(1_000) != 0);
        members.add(9L);
    }

    @Test
    void refusalNamesNoIds() throws IOException {
        for (Handshake.Hello hello : List.of(
                new Handshake.Hello(2, 2, 5, 2, 1, "x"),
                new Handshake.Hello(2, 2, TestNode.CLUSTER, 2, 0xabcdef, "x"))) {
            Socket socket = raw();
            socket.getOutputStream().write(hello.encode());
            String detail = TestNode.response(socket.getInputStream()).detail();
            String reported = detail.replace(String.format("%016x", hello.clusterId() == 5 ? 5 : hello.receiver()), "");
            assertTrue(!reported.matches(".*[0-9a-f]{16}.*"), detail);
        }
    }

    @Test
    void aNewerConnectionOfAMemberTakesOver() throws IOException {
        node.transport.setPeers(List.of(TestNode.member(2, 1)));
        until("not there", () -> node.events("unreachable 2") == 1);
        Socket older = node.dial(2);
        older.getOutputStream().write(TestNode.wire(HEARTBEAT));
        until("first", () -> node.received.size() == 1);
        Socket newer = node.dial(2);
        assertClosed(older);
        newer.getOutputStream().write(TestNode.wire(HEARTBEAT));
        until("second", () -> node.received.size() == 2);
        assertEquals(List.of("unreachable 2"), List.copyOf(node.events), "a replaced connection is no loss");
        older.close();
        newer.close();
        until("gone", () -> node.transport.incomingSince(2) == 0);
    }

    @Test
    void aPeerThatTalksNonsenseIsCutOff() throws IOException {
        Random random = new Random(2);
        for (int round = 0; round < 50; round++) {
            try (Socket socket = node.dial(2)) {
                byte[] bytes = new byte[1 + random.nextInt(200_000)];
                random.nextBytes(bytes);
                try {
                    socket.getOutputStream().write(bytes);
                    socket.shutdownOutput();
                } catch (SocketException e) {
                    continue;
                }
                assertClosed(socket);
            }
        }
        assertTrue(node.received.isEmpty());
    }

    @Test
    void aListenerThatFailsCostsTheConnectionOnly() throws IOException {
        node.onFrame = frame -> {
            node.onFrame = next -> {};
            throw new IllegalArgumentException("thrown on purpose");
        };
        Socket socket = node.dial(2);
        socket.getOutputStream().write(TestNode.wire(HEARTBEAT));
        assertClosed(socket);
        socket.close();
    }

    @Test
    void silentPeerIsDisconnected() throws IOException {
        try (Socket socket = node.dial(2)) {
            assertClosed(socket);
        }
        until("gone", () -> node.transport.incomingSince(2) == 0);
    }

    @Test
    void aPeerThatTakesNothingIsDialledAgain() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            node.transport.setPeers(List.of(TestNode.member(2, server.getLocalPort())));
            Socket first = accept(server);
            until("connected", () -> node.transport.stats(2).connected());
            byte[] data = new byte[60_000];
            until("full", () -> !node.transport.send(2, new Frame.NodeStatus(data)));
            accept(server);
            until("again", () -> node.transport.stats(2).reconnects() == 1);
            assertEquals(1, node.events("unreachable 2"));
            first.close();
        }
    }

    /** As when packets in one direction are lost: TCP would notice after minutes. */
    @Test
    void peerThatIgnoresPingsIsDialledAgain() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                Socket incoming = node.dial(2)) {
            node.transport.setPeers(List.of(TestNode.member(2, server.getLocalPort())));
            Thread talk = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        incoming.getOutputStream().write(TestNode.wire(HEARTBEAT));
                        TimeUnit.MILLISECONDS.sleep(100);
                    }
                } catch (IOException | InterruptedException e) {
                    // the test is over
                }
            });
            accept(server);
            until("connected", () -> node.events("connected 2") == 1);
            accept(server);
            until("again", () -> node.events("connected 2") == 2);
            assertEquals(List.of("connected 2", "unreachable 2", "connected 2"), List.copyOf(node.events));
            assertEquals(1, node.transport.stats(2).reconnects());
            talk.interrupt();
            talk.join();
        }
    }

    /** Accepts and greets, and reads no more. */
    private Socket accept(ServerSocket server) throws IOException {
        Socket socket = server.accept();
        open.add(socket);
        Handshake.Hello hello = Handshake.Hello.read(socket.getInputStream());
        assertEquals(1, hello.sender());
        socket.getOutputStream()
                .write(new Handshake.Response(Handshake.Verdict.ACCEPTED, Handshake.MAX_VERSION, "").encode());
        Introduction.read(socket.getInputStream());
        socket.getOutputStream().write(new Handshake.Response(Handshake.Verdict.ACCEPTED, 0, "").encode());
        return socket;
    }

    @Test
    void listenerThatIsNoNodeIsNotTakenForOne() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            node.transport.setPeers(List.of(TestNode.member(2, server.getLocalPort())));
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                until("given up", () -> node.events("unreachable 2") == 1);
            }
            assertEquals(0, node.events("connected 2"));
        }
    }

    @Test
    void aDataByteOnTheWayBackEndsTheConnection() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            node.transport.setPeers(List.of(TestNode.member(2, server.getLocalPort())));
            accept(server).getOutputStream().write(7);
            until("cut off", () -> node.events("unreachable 2") == 1);
        }
    }

    @Test
    void addressInUseIsReported() {
        IOException e = assertThrows(
                IOException.class,
                () -> new TestNode(3, TestNode.CLUSTER, node.transport.port(), PeerOptions.standard()));
        assertTrue(e.getMessage().contains(Integer.toString(node.transport.port())), e.getMessage());
    }
}
