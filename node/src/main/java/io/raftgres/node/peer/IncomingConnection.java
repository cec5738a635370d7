package io.raftgres.node.peer;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** A connection on which one member sends to us. Its thread reads, and hands each frame to the listener itself. */
final class IncomingConnection {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);
    private static final RateLimit PROTOCOL_LOG = new RateLimit(TimeUnit.SECONDS.toNanos(1));

    private final long from;
    private final String name;
    private final Socket socket;
    private final PeerTransport transport;
    private final PeerOptions options;
    private final Predicate<IncomingConnection> remove;
    private final long sinceNanos = System.nanoTime() | 1;

    /** @param remove forgets this connection and says whether it was the member's latest */
    IncomingConnection(Handshake.Hello hello, Socket socket, PeerTransport transport, PeerOptions options,
            Predicate<IncomingConnection> remove) {
        this.from = hello.sender();
        this.name = hello.name();
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

    void run() {
        String reason;
        boolean silent = false;
        try (PacketReader reader = new PacketReader(socket.getInputStream(), options.maxFrameBytes())) {
            transport.incomingUp(from);
            readAll(reader);
            reason = "it closed its connection";
        } catch (ProtocolException e) {
            reason = "it sent what makes no sense: " + e.getMessage();
            if (PROTOCOL_LOG.permits(System.nanoTime())) {
                LOG.errorf("connection of peer '%s' (%016x) is closed: %s", name, from, e.getMessage());
            }
        } catch (SocketTimeoutException e) {
            reason = "nothing has come from it for " + options.idleTimeoutMillis() + " ms";
            silent = true;
        } catch (IOException e) {
            reason = "its connection broke: " + e.getMessage();
        } catch (RuntimeException | LinkageError e) {
            reason = "taking its frames failed: " + e;
            LOG.errorf(e, "connection of peer '%s' (%016x) is closed: a frame could not be taken", name, from);
        }
        close();
        if (remove.test(this)) {
            transport.incomingDown(from, reason, silent);
        }
    }

    private void readAll(PacketReader reader) throws IOException {
        long counted = 0;
        for (Packet packet = reader.next(); packet != null; packet = reader.next()) {
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
