package io.raftgres.node.peer;

import io.raftgres.node.tls.PeerCertificates;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;

/**
 * A connection on which one member sends to this node. Its thread reads, and passes each frame to the listener itself.
 */
final class IncomingConnection {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);
    private static final RateLimit PROTOCOL_LOG = new RateLimit(TimeUnit.SECONDS.toNanos(1));

    private final long from;
    private final String name;
    private final Introduction introduction;
    /** The socket without encryption. */
    private final Socket socket;

    private final InputStream in;
    private final List<X509Certificate> certificates;
    private final PeerTransport transport;
    private final PeerOptions options;
    private final Predicate<IncomingConnection> remove;
    private final long sinceNanos = System.nanoTime() | 1;

    /** Time since which it has waited for bytes; 0: it has some. */
    private volatile long waitingSinceNanos;

    /** The value of {@code waitingSinceNanos} at the latest check that found it idle. */
    private long foundIdleNanos;

    private volatile boolean silent;

    /** Whether the sender is a member as far as this node knows; until then its connection counts as a stranger's. */
    private volatile boolean known;

    /**
     * @param socket without encryption: it closes at once, without TLS's farewell
     * @param in the bytes of the sender, decrypted
     * @param certificates of the sender; empty on a plain connection
     * @param remove removes this connection and returns whether it was the member's latest
     */
    IncomingConnection(
            Handshake.Hello hello,
            Introduction introduction,
            Socket socket,
            InputStream in,
            List<X509Certificate> certificates,
            PeerTransport transport,
            PeerOptions options,
            Predicate<IncomingConnection> remove) {
        this.from = hello.sender();
        this.name = hello.name();
        this.introduction = introduction;
        this.socket = socket;
        this.in = in;
        this.certificates = certificates;
        this.transport = transport;
        this.options = options;
        this.remove = remove;
    }

    long from() {
        return from;
    }

    String name() {
        return name;
    }

    Socket socket() {
        return socket;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    boolean isKnown() {
        return known;
    }

    /** @return the current response to the sender; on one thread at a time */
    Reception receive() {
        Reception reception = transport.receive(from, introduction);
        known = reception.member();
        return reception;
    }

    void run() {
        String reason;
        try (PacketReader reader = new PacketReader(new Waiting(in), options.maxFrameBytes())) {
            transport.incomingUp(from, name, introduction.peerAddress());
            readAll(reader);
            reason = "the peer closed its connection";
        } catch (ProtocolException e) {
            reason = "the peer sent invalid data: " + e.getMessage();
            if (PROTOCOL_LOG.permits(System.nanoTime())) {
                LOG.errorf("connection of peer '%s' (%016x) is closed: %s", name, from, e.getMessage());
            }
        } catch (IOException e) {
            reason = silent
                    ? "the peer sent no data for " + options.idleTimeoutMillis() + " ms"
                    : "the peer's connection broke: "
                            + (e instanceof SSLException && e.getCause() != null ? e.getCause() : e.getMessage());
        } catch (RuntimeException | LinkageError e) {
            reason = "handling the peer's frames failed: " + e;
            LOG.errorf(e, "connection of peer '%s' (%016x) is closed: handling a frame failed", name, from);
        }
        close();
        if (remove.test(this)) {
            transport.incomingDown(from, reason, silent);
        }
        transport.takeLeave(from);
    }

    /**
     * Closes the connection if it is idle; called repeatedly, by one thread. Only a wait that was too long at the
     * previous call, too, ends the connection. After a stall of this process, its thread first reads the data that
     * arrived meanwhile.
     */
    void endWhenIdle(long limitNanos) {
        long since = waitingSinceNanos;
        boolean idle = since != 0 && System.nanoTime() - since > limitNanos;
        if (idle && since == foundIdleNanos) {
            silent = true;
            close();
        }
        foundIdleNanos = idle ? since : 0;
    }

    /** Records how long no data has arrived. */
    private final class Waiting extends FilterInputStream {
        Waiting(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            waitingSinceNanos = System.nanoTime() | 1;
            int got = super.read(bytes, offset, length);
            waitingSinceNanos = 0;
            return got;
        }
    }

    /** Ends the connection if the sender's certificate is refused by now. */
    void recheck(PeerCertificates trusted) {
        String refusal = PeerEncryption.refusal(certificates, trusted);
        if (refusal != null) {
            LOG.warnf("the connection of peer '%s' (%016x) ends: %s", name, from, refusal);
            close();
        }
    }

    private void readAll(PacketReader reader) throws IOException {
        long counted = 0;
        for (Packet packet = reader.next(); packet != null; packet = reader.next()) {
            // The fact that a member has connected is recorded before any of its packets is handled, however late it
            // became a member.
            Reception reception = known ? null : receive();
            if (reception != null && reception.refusal() != null) {
                throw new IOException(reception.refusal());
            }
            transport.received(from, packet, reader.bytes() - counted);
            counted = reader.bytes();
        }
    }

    void close() {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a connection failed", e);
        }
    }
}
