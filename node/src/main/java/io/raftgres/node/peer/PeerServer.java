package io.raftgres.node.peer;

import io.raftgres.node.peer.Handshake.Hello;
import io.raftgres.node.peer.Handshake.Response;
import io.raftgres.node.peer.Handshake.Verdict;
import io.raftgres.node.tls.PeerCertificates;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLSocket;
import org.jboss.logging.Logger;

/** Listens for peers, checks their identities, and reads: one thread for each connection. */
final class PeerServer {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);

    /**
     * Upper bound of connections before their hello. A member sends its hello at once, so it needs its place only
     * briefly. A further connection replaces the oldest one of the address with the most.
     */
    static final int MAX_PENDING = 64;

    /**
     * Upper bound of connections of strangers: nodes that are not members as far as this node knows. They may have
     * joined while this node was down. A further one replaces the oldest; members do not count, and always have a
     * place.
     */
    static final int MAX_STRANGERS = 8;

    private static final int BACKLOG = 128;
    private static final long LOG_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PeerTransport transport;
    private final PeerOptions options;
    private final ServerSocketChannel server;
    private final int port;
    private final Thread acceptor;
    private final Thread idleWatch;

    /** Guarded by itself, together with {@code closed} and all changes of {@code connections}. */
    private final Set<Socket> pending = new LinkedHashSet<>();

    /** Connections in their TLS handshake, with its deadline. */
    private final Map<Socket, Long> handshakes = new ConcurrentHashMap<>();

    private final Map<Long, IncomingConnection> connections = new ConcurrentHashMap<>();
    private final Set<Thread> readers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private final RateLimit crowdedLog = new RateLimit(LOG_NANOS);
    private final RateLimit garbageLog = new RateLimit(LOG_NANOS);
    private final RateLimit replacedLog = new RateLimit(LOG_NANOS);
    private final RateLimit acceptLog = new RateLimit(LOG_NANOS);

    PeerServer(PeerTransport transport, InetSocketAddress listen, PeerOptions options) throws IOException {
        this.transport = transport;
        this.options = options;
        this.server = ServerSocketChannel.open();
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.setOption(StandardSocketOptions.SO_RCVBUF, options.socketBufferBytes());
            server.bind(listen, BACKLOG);
            this.port = ((InetSocketAddress) server.getLocalAddress()).getPort();
        } catch (IOException e) {
            server.close();
            throw new IOException("cannot listen for peers on " + listen + ": " + e.getMessage(), e);
        }
        this.acceptor = Thread.ofPlatform().daemon().name("peer-accept").unstarted(this::acceptAll);
        this.idleWatch = Thread.ofVirtual().name("peer-idle").unstarted(this::watchIdle);
    }

    void start() {
        acceptor.start();
        idleWatch.start();
    }

    /**
     * Closes idle connections. A timeout on each read would need three system calls a read instead of one, and reading
     * is a large part of the cost of small frames.
     */
    private void watchIdle() {
        long limit = TimeUnit.MILLISECONDS.toNanos(options.idleTimeoutMillis());
        while (!closed) {
            LockSupport.parkNanos(limit / 8);
            connections.values().forEach(connection -> connection.endWhenIdle(limit));
            endHandshakes();
        }
    }

    /** TLS reads by itself, so the deadline of a handshake is not one of its reads. */
    private void endHandshakes() {
        long now = System.nanoTime();
        handshakes.forEach((socket, deadline) -> {
            if (now - deadline > 0) {
                close(socket);
            }
        });
    }

    /** Ends the connections whose certificates are refused by now. */
    void recheck(PeerCertificates trusted) {
        connections.values().forEach(connection -> connection.recheck(trusted));
    }

    int port() {
        return port;
    }

    private void acceptAll() {
        while (!closed) {
            try {
                Socket socket = server.accept().socket();
                if (!admit(socket) || !startReader(socket)) {
                    socket.close();
                }
            } catch (IOException e) {
                if (!closed) {
                    if (acceptLog.permits(System.nanoTime())) {
                        LOG.errorf("accepting a peer's connection failed: %s", e.getMessage());
                    }
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                }
            }
        }
    }

    /** @return false when the system has no more threads; this must not end the acceptor */
    private boolean startReader(Socket socket) {
        Thread thread = Thread.ofPlatform().daemon().name("peer-in").unstarted(() -> serve(socket));
        readers.add(thread);
        try {
            thread.start();
            return true;
        } catch (OutOfMemoryError e) {
            readers.remove(thread);
            forget(socket);
            LOG.errorf(
                    "cannot start a thread for the connection from %s: %s",
                    socket.getRemoteSocketAddress(), e.getMessage());
            return false;
        }
    }

    private boolean admit(Socket socket) {
        Socket ousted = null;
        synchronized (pending) {
            if (closed) {
                return false;
            }
            pending.add(socket);
            if (pending.size() > MAX_PENDING) {
                ousted = oldestOfTheMany();
                pending.remove(ousted);
            }
        }
        if (ousted != null) {
            if (crowdedLog.permits(System.nanoTime())) {
                LOG.warnf(
                        "%d connections have not sent their hello: the oldest are closed, such as the one from %s",
                        MAX_PENDING, ousted.getRemoteSocketAddress());
            }
            close(ousted);
        }
        return ousted != socket;
    }

    /** @return the oldest connection of the address with the most pending ones; among equals the earliest */
    private Socket oldestOfTheMany() {
        Map<InetAddress, Integer> counts = new HashMap<>();
        pending.forEach(socket -> counts.merge(socket.getInetAddress(), 1, Integer::sum));
        int most = counts.values().stream().max(Integer::compare).orElseThrow();
        return pending.stream()
                .filter(socket -> counts.get(socket.getInetAddress()) == most)
                .findFirst()
                .orElseThrow();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a connection failed", e);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            IncomingConnection connection = greet(socket);
            if (connection != null) {
                Thread.currentThread().setName("peer-in-" + connection.name());
                connection.run();
            }
        } catch (IOException e) {
            if (!closed && garbageLog.permits(System.nanoTime())) {
                LOG.warnf(
                        "the connection from %s was closed during the handshake: %s",
                        socket.getRemoteSocketAddress(),
                        e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.errorf(e, "the connection from %s failed", socket.getRemoteSocketAddress());
        } finally {
            forget(socket);
            readers.remove(Thread.currentThread());
        }
    }

    private void forget(Socket socket) {
        synchronized (pending) {
            pending.remove(socket);
        }
    }

    /**
     * A connection after its TLS handshake, if it has one.
     *
     * @param certificates of the sender; empty on a plain connection
     */
    private record Encrypted(Socket socket, InputStream in, List<X509Certificate> certificates) {}

    private Encrypted encrypt(Socket socket, long deadlineNanos) throws IOException {
        PeerEncryption encryption = transport.encryption();
        if (encryption.isOff()) {
            return new Encrypted(socket, socket.getInputStream(), List.of());
        }
        byte[] first = new byte[1];
        if (new DeadlineStream(socket, socket.getInputStream(), deadlineNanos).read(first, 0, 1) != 1) {
            throw new EOFException("the connection was closed without a byte");
        }
        InputStream consumed = new SequenceInputStream(new ByteArrayInputStream(first), socket.getInputStream());
        if (first[0] != PeerEncryption.HANDSHAKE_RECORD) {
            return new Encrypted(socket, consumed, List.of());
        }
        SSLSocket encrypted = encryption.accepted(socket, first);
        handshakes.put(socket, deadlineNanos);
        try {
            encrypted.startHandshake();
        } finally {
            handshakes.remove(socket);
        }
        return new Encrypted(encrypted, encrypted.getInputStream(), PeerCertificates.chain(encrypted.getSession()));
    }

    /** @return null when the connection is refused */
    private IncomingConnection greet(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.handshakeTimeoutMillis());
        Encrypted encrypted = encrypt(socket, deadline);
        InputStream in = new DeadlineStream(encrypted.socket(), encrypted.in(), deadline);
        OutputStream out = encrypted.socket().getOutputStream();
        Hello hello = Hello.read(in);
        Response response = judge(hello, encrypted);
        IncomingConnection connection = null;
        if (response.verdict() == Verdict.ACCEPTED) {
            Introduction introduction = Introduction.NONE;
            if (response.version() >= Introduction.VERSION) {
                out.write(response.encode());
                introduction = Introduction.read(in);
            }
            connection = new IncomingConnection(
                    hello,
                    introduction,
                    socket,
                    encrypted.in(),
                    encrypted.certificates(),
                    transport,
                    options,
                    this::removed);
            response = register(connection, connection.receive(), response);
        }
        if (response.verdict() != Verdict.ACCEPTED) {
            connection = null;
            transport.refused("connection from " + socket.getRemoteSocketAddress() + " ('" + hello.name()
                    + "') is refused (" + response.verdict() + "): " + response.detail());
        }
        try {
            out.write(response.encode());
            socket.setSoTimeout(0);
        } catch (IOException e) {
            if (connection != null) {
                removed(connection);
            }
            throw e;
        }
        return connection;
    }

    /**
     * Checks a hello. The response repeats the sender's own data and reveals none of this node's ids: the sender may be
     * unknown.
     */
    private Response judge(Hello hello, Encrypted encrypted) {
        PeerIdentity self = transport.self();
        if (transport.encryption().isRequired() && encrypted.certificates().isEmpty()) {
            return refusal(
                    Verdict.VERSION,
                    "this node takes encrypted connections alone: set raftgres.tls.peer-mode to both or required at"
                            + " the sender, too");
        }
        if (hello.clusterId() != self.clusterId()) {
            return refusal(Verdict.WRONG_CLUSTER, "this node belongs to another cluster than %016x", hello.clusterId());
        }
        if (hello.receiver() != self.memberId()) {
            return refusal(Verdict.WRONG_MEMBER, "this node is another member than %016x", hello.receiver());
        }
        String objection =
                PeerEncryption.objection(encrypted.certificates(), hello.name(), transport.nameOf(hello.sender()));
        if (objection != null) {
            return refusal(Verdict.WRONG_MEMBER, "%s", objection);
        }
        if (hello.sender() == self.memberId() || hello.sender() == 0) {
            return refusal(
                    Verdict.ITSELF,
                    "the sender claims to be member %016x, which is this node's own id or none",
                    hello.sender());
        }
        if (hello.commonVersion() == 0) {
            return refusal(
                    Verdict.VERSION,
                    "this node speaks protocol versions %d to %d, but the sender speaks %d to %d",
                    Handshake.MIN_VERSION,
                    Handshake.MAX_VERSION,
                    hello.minVersion(),
                    hello.maxVersion());
        }
        if (hello.commonVersion() < Introduction.VERSION && transport.olderReleasesEnd()) {
            return refusal(
                    Verdict.VERSION,
                    "the log of this cluster has entries that the sender's release cannot read:"
                            + " start it with the release of the other members, or a newer one");
        }
        String removed = transport.removed(hello.sender());
        return removed == null
                ? new Response(Verdict.ACCEPTED, hello.commonVersion(), "")
                : new Response(Verdict.REMOVED, 0, removed);
    }

    /** Closes the connection of a former member; when it dials again, it learns the reason. */
    void disconnect(long member) {
        IncomingConnection connection = connections.get(member);
        if (connection != null) {
            connection.close();
        }
    }

    private static Response refusal(Verdict verdict, String format, Object... values) {
        return new Response(verdict, 0, String.format(format, values));
    }

    /**
     * Registers a connection. A newer connection of a member replaces the older one.
     *
     * @return the response to the introduction; the first response for a node without one
     */
    private Response register(IncomingConnection connection, Reception reception, Response first) {
        if (reception.refusal() != null) {
            return refusal(Verdict.OTHER_LOG, "%s", reception.refusal());
        }
        IncomingConnection older;
        IncomingConnection ousted = null;
        synchronized (pending) {
            if (closed) {
                return refusal(Verdict.BUSY, "this node is stopping");
            }
            older = connections.put(connection.from(), connection);
            pending.remove(connection.socket());
            if (!reception.member()) {
                ousted = oldestStranger();
            }
            if (ousted != null) {
                connections.remove(ousted.from(), ousted);
            }
        }
        if (ousted != null) {
            ousted.close();
        }
        if (older != null) {
            older.close();
            if (replacedLog.permits(System.nanoTime())) {
                LOG.infof(
                        "peer '%s' (%016x) has connected again from %s, its older connection is closed",
                        connection.name(),
                        connection.from(),
                        connection.socket().getRemoteSocketAddress());
            }
        }
        return first.version() < Introduction.VERSION ? first : new Response(Verdict.ACCEPTED, reception.flags(), "");
    }

    /** @return the stranger's connection to close, null when there is room */
    private IncomingConnection oldestStranger() {
        List<IncomingConnection> strangers =
                connections.values().stream().filter(each -> !each.isKnown()).toList();
        return strangers.size() <= MAX_STRANGERS
                ? null
                : strangers.stream()
                        .min(Comparator.comparingLong(IncomingConnection::sinceNanos))
                        .orElseThrow();
    }

    /** @return whether the connection was the member's latest */
    private boolean removed(IncomingConnection connection) {
        return connections.remove(connection.from(), connection);
    }

    /** @return time since which the member is connected, by System.nanoTime; 0 when it is not */
    long incomingSince(long member) {
        IncomingConnection connection = connections.get(member);
        return connection == null ? 0 : connection.sinceNanos();
    }

    /** Closes everything. @return the threads that are about to end */
    List<Thread> close() {
        List<Socket> sockets;
        synchronized (pending) {
            closed = true;
            sockets = new ArrayList<>(pending);
        }
        try {
            server.close();
        } catch (IOException e) {
            LOG.debug("closing the listening socket failed", e);
        }
        sockets.forEach(PeerServer::close);
        connections.values().forEach(IncomingConnection::close);
        LockSupport.unpark(idleWatch);
        List<Thread> threads = new ArrayList<>(readers);
        threads.add(acceptor);
        return threads;
    }
}
