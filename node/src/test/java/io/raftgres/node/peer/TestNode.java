package io.raftgres.node.peer;

import io.raftgres.node.tls.NodeTls;
import io.raftgres.raft.Member;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongPredicate;

/** A transport on a free loopback port that records the calls of its listener. */
final class TestNode implements PeerListener, AutoCloseable {
    static final long CLUSTER = 0xc1;

    record Received(long from, Frame frame) {}

    final long id;
    final PeerTransport transport;
    final Queue<Received> received = new ConcurrentLinkedQueue<>();
    final Queue<String> events = new ConcurrentLinkedQueue<>();
    final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    volatile Consumer<Frame> onFrame = frame -> {};
    volatile LongPredicate isMember = id -> true;
    volatile boolean olderReleasesEnd;
    volatile Function<Introduction, Reception> onIntroduction = introduction -> new Reception(true, false, false, null);

    TestNode(long id) throws IOException {
        this(id, CLUSTER, 0, PeerOptions.standard());
    }

    TestNode(long id, PeerOptions options) throws IOException {
        this(id, CLUSTER, 0, options);
    }

    TestNode(long id, long cluster, int port, PeerOptions options) throws IOException {
        this(id, cluster, port, options, NodeTls.off());
    }

    TestNode(long id, long cluster, int port, PeerOptions options, NodeTls tls) throws IOException {
        this.id = id;
        this.transport = new PeerTransport(identity(cluster, id, port), loopback(port), options, tls, this);
        transport.start();
    }

    /** With an address that others may dial when the port is known beforehand. */
    private static PeerIdentity identity(long cluster, long id, int port) {
        return new PeerIdentity(
                cluster,
                id,
                "node" + id,
                1000 + id,
                port == 0 ? "" : member(id, port).peerAddress());
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    static Member member(long id, int port) {
        return new Member(id, "node" + id, true, loopback(port).getAddress().getHostAddress() + ":" + port, "");
    }

    Member member() {
        return member(id, transport.port());
    }

    /** Every node knows all of them and can send to all others. */
    static void connect(TestNode... nodes) {
        List<Member> members = List.of(nodes).stream().map(TestNode::member).toList();
        for (TestNode node : nodes) {
            node.transport.setPeers(members);
        }
        for (TestNode node : nodes) {
            for (TestNode other : nodes) {
                until(
                        "node" + node.id + " reaches node" + other.id,
                        () -> node == other || node.transport.stats(other.id).connected());
            }
        }
    }

    /** Sends, and tries again for as long as the frame is not taken. */
    void sendSurely(long to, Frame frame) {
        until("node" + to + " takes " + frame, () -> transport.send(to, frame));
    }

    long events(String event) {
        return events.stream().filter(event::equals).count();
    }

    static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within 30 s: " + what);
            }
            LockSupport.parkNanos(200_000);
        }
    }

    @Override
    public void received(long from, Frame frame) {
        received.add(new Received(from, frame));
        onFrame.accept(frame);
    }

    @Override
    public void connected(long peer) {
        events.add("connected " + peer);
    }

    @Override
    public void unreachable(long peer) {
        events.add("unreachable " + peer);
    }

    @Override
    public Reception receive(long from, Introduction introduction) {
        return isMember.test(from) ? onIntroduction.apply(introduction) : Reception.OF_A_STRANGER;
    }

    @Override
    public boolean olderReleasesEnd() {
        return olderReleasesEnd;
    }

    @Override
    public void vouched(long peer, boolean blank) {
        events.add("vouched " + peer + (blank ? " blank" : ""));
    }

    @Override
    public void weAreKnownWithAnotherLog(String reason) {
        events.add("another log: " + reason);
    }

    @Override
    public void refused(String reason) {
        refusals.add(reason);
    }

    @Override
    public void close() {
        transport.close();
    }

    /** A bare connection to the node, as another member would make it. Fails when it is not accepted. */
    Socket dial(long sender) throws IOException {
        return dial(hello(CLUSTER, sender, id), Introduction.NONE);
    }

    /** As {@link #dial(long)}. @param introduction said if the node wants to hear it */
    Socket dial(Handshake.Hello hello, Introduction introduction) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), transport.port());
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(hello.encode());
        Handshake.Response response = response(socket.getInputStream());
        if (response.verdict() == Handshake.Verdict.ACCEPTED && response.version() >= Introduction.VERSION) {
            socket.getOutputStream().write(introduction.encode());
            response = response(socket.getInputStream());
        }
        if (response.verdict() != Handshake.Verdict.ACCEPTED) {
            socket.close();
            throw new IOException(response.toString());
        }
        return socket;
    }

    static Handshake.Hello hello(long cluster, long sender, long receiver) {
        return Handshake.Hello.of(new PeerIdentity(cluster, sender, "raw" + sender, 0, ""), receiver);
    }

    static Handshake.Response response(InputStream stream) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        ByteBuffer bytes = ByteBuffer.allocate(Handshake.MAX_RESPONSE_BYTES);
        while (true) {
            bytes.put(in.readByte());
            Handshake.Response response =
                    Handshake.Response.decode(bytes.duplicate().flip());
            if (response != null) {
                return response;
            }
        }
    }

    /** @return what a member writes to send this frame */
    static byte[] wire(Frame frame) {
        Packet packet = new Packet.Data(frame, (int) PacketCodec.size(frame));
        ByteBuffer out = ByteBuffer.allocate(WireSegment.HEADER_BYTES + PacketCodec.size(packet));
        WireSegment.begin(out, PacketCodec.size(packet), PacketCodec.type(packet), 0);
        PacketCodec.encode(packet, out);
        WireSegment.seal(out, 0);
        return out.array();
    }
}
