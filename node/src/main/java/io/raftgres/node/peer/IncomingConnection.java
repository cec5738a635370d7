package io.raftgres.node.peer;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** A connection on which one member sends to us. Its thread reads, and hands each frame to the listener itself. */
final class IncomingConnection {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);
    private static final RateLimit PROTOCOL_LOG = new RateLimit(TimeUnit.SECONDS.toNanos(1));

    private final long from;
    private final String name;
    private final Introduction introduction;
    private final Socket socket;
    private final PeerTransport transport;
    private final PeerOptions options;
    private final Predicate<IncomingConnection> remove;
    private final long sinceNanos = System.nanoTime() | 1;

    /** Since when it has waited for bytes; 0: it has some. */
    private volatile long waitingSinceNanos;

    /** Of that value, when it was last found to be too long ago. */
    private long foundIdleNanos;

    private volatile boolean silent;

    /** Whether the sender is a member as far as we know; until then its connection has no place of its own. */
    private volatile boolean known;

    /** @param remove forgets this connection and says whether it was the member's latest */
    IncomingConnection(
            Handshake.Hello hello,
            Introduction introduction,
            Socket socket,
            PeerTransport transport,
            PeerOptions options,
            Predicate<IncomingConnection> remove) {
        this.from = hello.sender();
        this.name = hello.name();
        this.introduction = introduction;
        this.socket = socket;
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

    /** @return what the sender is to hear as things are now; on one thread at a time */
    Reception receive() {
        Reception reception = transport.receive(from, introduction);
        known = reception.member();
        return reception;
    }

    void run() {
        String reason;
        try (PacketReader reader = new PacketReader(new Waiting(socket.getInputStream()), options.maxFrameBytes())) {
            transport.incomingUp(from, name, introduction.peerAddress());
            readAll(reader);
            reason = "it closed its connection";
        } catch (ProtocolException e) {
            reason = "it sent what makes no sense: " + e.getMessage();
            if (PROTOCOL_LOG.permits(System.nanoTime())) {
                LOG.errorf("connection of peer '%s' (%016x) is closed: %s", name, from, e.getMessage());
            }
        } catch (IOException e) {
            reason = silent
                    ? "nothing has come from it for " + options.idleTimeoutMillis() + " ms"
                    : "its connection broke: " + e.getMessage();
        } catch (RuntimeException | LinkageError e) {
            reason = "taking its frames failed: " + e;
            LOG.errorf(e, "connection of peer '%s' (%016x) is closed: a frame could not be taken", name, from);
        }
        close();
        if (remove.test(this)) {
            transport.incomingDown(from, reason, silent);
        }
        transport.takeLeave(from);
    }

    /**
     * Asked again and again, by one thread. Only a wait that was too long the last time, too, ends the connection:
     * after a stall of this process its thread must come to read what has arrived meanwhile.
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

    /** Notes for how long nothing has come. */
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

    private void readAll(PacketReader reader) throws IOException {
        long counted = 0;
        for (Packet packet = reader.next(); packet != null; packet = reader.next()) {
            // Before anything of a member is taken that it has connected is written down, however late it became one.
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
