package io.raftgres.node.peer;

import io.raftgres.node.tls.PeerCertificates;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * A {@link PeerChannel} with TLS. Bytes are encrypted into a buffer of a few records, so that many small frames leave
 * in one record and one system call. What TLS itself sends and receives later, such as new keys, passes here unseen.
 */
final class EncryptedChannel implements PeerChannel {

    /** Records that may wait for room in the socket. */
    private static final int RECORDS = 5;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel socket;
    private final SSLEngine engine;
    private final ByteBuffer out;
    private final ByteBuffer in;
    private ByteBuffer plain;
    private boolean sent;
    private boolean received;

    /** @param engine of a client, before its handshake */
    EncryptedChannel(SocketChannel socket, SSLEngine engine) {
        this.socket = socket;
        this.engine = engine;
        int record = engine.getSession().getPacketBufferSize();
        this.out = ByteBuffer.allocate(RECORDS * record).limit(0);
        this.in = ByteBuffer.allocate(2 * record);
        this.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .limit(0);
    }

    /** Waits until the socket is ready. */
    @FunctionalInterface
    interface Readiness {
        void await(int operation) throws IOException;
    }

    /**
     * @throws NotEncryptedException when the other side does not speak TLS
     * @throws SSLException when the other side's certificate is refused, or it refuses this one
     */
    void handshake(Readiness readiness) throws IOException {
        try {
            shakeHands(readiness);
        } catch (SSLException | NotEncryptedException | SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            // A peer that reads a hello from these bytes closes the connection while some are unread.
            throw received || !sent ? e : new NotEncryptedException(e.getMessage());
        }
    }

    private void shakeHands(Readiness readiness) throws IOException {
        engine.beginHandshake();
        HandshakeStatus status = engine.getHandshakeStatus();
        while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
            status = switch (status) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> {
                    HandshakeStatus next = wrap(NOTHING).getHandshakeStatus();
                    while (!flush()) {
                        readiness.await(SelectionKey.OP_WRITE);
                    }
                    sent = true;
                    yield next;
                }
                default -> unwrapHandshake(readiness);
            };
        }
    }

    private HandshakeStatus runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
        return engine.getHandshakeStatus();
    }

    private HandshakeStatus unwrapHandshake(Readiness readiness) throws IOException {
        SSLEngineResult result = unwrap();
        if (result.getStatus() == Status.CLOSED) {
            throw new EOFException("the connection was closed during the TLS handshake");
        }
        if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
            readiness.await(SelectionKey.OP_READ);
            boolean first = !received;
            int got = socket.read(in);
            if (got < 0) {
                throw first
                        ? new NotEncryptedException(
                                "the connection was closed at the first byte of TLS: the peer does not speak it, or"
                                        + " does not run")
                        : new EOFException("the connection was closed during the TLS handshake");
            }
            if (first && got > 0 && !isRecord(in.get(0))) {
                throw new NotEncryptedException("the peer does not speak TLS");
            }
            received |= got > 0;
        }
        return result.getHandshakeStatus() == HandshakeStatus.FINISHED
                ? HandshakeStatus.FINISHED
                : engine.getHandshakeStatus();
    }

    /** Alerts, too, are records. */
    private static boolean isRecord(byte first) {
        return first >= 0x14 && first <= 0x17;
    }

    private SSLEngineResult unwrap() throws SSLException {
        in.flip();
        plain.compact();
        try {
            SSLEngineResult result = engine.unwrap(in, plain);
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                plain = ByteBuffer.allocate(
                                plain.position() + engine.getSession().getApplicationBufferSize())
                        .put(plain.flip());
                result = engine.unwrap(in, plain);
            }
            return result;
        } finally {
            plain.flip();
            in.compact();
        }
    }

    private SSLEngineResult wrap(ByteBuffer bytes) throws SSLException {
        out.compact();
        try {
            return engine.wrap(bytes, out);
        } finally {
            out.flip();
        }
    }

    @Override
    public SocketChannel socket() {
        return socket;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int before = bytes.remaining();
        while (bytes.hasRemaining()) {
            SSLEngineResult result = wrap(bytes);
            if (result.getStatus() == Status.CLOSED) {
                throw new EOFException("the peer has ended the encrypted connection");
            }
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                runTasks();
            }
            // A full buffer, or one that is nearly full.
            if (result.getStatus() == Status.BUFFER_OVERFLOW && !flush()) {
                break;
            }
        }
        flush();
        return before - bytes.remaining();
    }

    @Override
    public boolean flush() throws IOException {
        while (out.hasRemaining()) {
            if (socket.write(out) == 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        while (!plain.hasRemaining()) {
            SSLEngineResult result = unwrap();
            if (result.getStatus() == Status.CLOSED) {
                return -1;
            }
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                runTasks();
            }
            if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                // The other side wants new keys. If the socket is full, the bytes leave with the next frame.
                wrap(NOTHING);
                flush();
            }
            if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
                int got = socket.read(in);
                if (got <= 0) {
                    return got;
                }
            }
        }
        int count = Math.min(into.remaining(), plain.remaining());
        into.put(into.position(), plain, plain.position(), count).position(into.position() + count);
        plain.position(plain.position() + count);
        return count;
    }

    @Override
    public void farewell() {
        try {
            engine.closeOutbound();
            wrap(NOTHING);
            flush();
        } catch (IOException e) {
            // The other side learns it from the end of the connection.
        }
    }

    @Override
    public List<X509Certificate> certificates() {
        return PeerCertificates.chain(engine.getSession());
    }
}
