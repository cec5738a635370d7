package io.raftgres.bench.load;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * One client of a {@link LoadGenerator}: a connection with at most one request in flight. A broken connection is opened
 * again.
 */
final class Connection {

    enum State {
        /** No connection; the next one is opened at {@link #wakeNanos}. */
        AWAY,
        CONNECTING,
        IDLE,
        /** A request is in flight. */
        WAITING,
        /** Overloaded: continues at {@link #wakeNanos}. */
        PAUSED
    }

    private static final long BACKOFF_NANOS_MIN = 10_000_000L;
    private static final long BACKOFF_NANOS_MAX = 320_000_000L;

    final int number;
    final Exchange exchange = new Exchange();
    final ResponseParser parser = new ResponseParser();
    State state = State.AWAY;
    int endpoint;
    long wakeNanos;
    long connectNanos;
    private long backoffNanos = BACKOFF_NANOS_MIN;
    private SocketChannel channel;
    private SelectionKey key;
    private ByteBuffer unwritten;

    Connection(int number, int endpoint) {
        this.number = number;
        this.endpoint = endpoint;
    }

    /** @throws IOException when the address refuses at once */
    void connect(Selector selector, Endpoint to, long nowNanos) throws IOException {
        state = State.CONNECTING;
        connectNanos = nowNanos;
        channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean connected = channel.connect(to.address());
        key = channel.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
        if (connected) {
            state = State.IDLE;
        }
    }

    void finishConnect() throws IOException {
        channel.finishConnect();
        key.interestOps(SelectionKey.OP_READ);
        state = State.IDLE;
    }

    /** Sends as many bytes as the socket takes now, and the rest later. */
    void send(ByteBuffer request) throws IOException {
        channel.write(request);
        if (request.hasRemaining()) {
            unwritten = ByteBuffer.allocate(request.remaining()).put(request).flip();
            key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    void sendRest() throws IOException {
        if (unwritten != null) {
            channel.write(unwritten);
        }
        if (unwritten == null || !unwritten.hasRemaining()) {
            unwritten = null;
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    /** @return bytes read, -1 at the end of the stream */
    int read(ByteBuffer into) throws IOException {
        return channel.read(into);
    }

    void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Ignored: the connection is no longer needed.
            }
        }
        channel = null;
        key = null;
        unwritten = null;
        state = State.AWAY;
    }

    /** @return time to wait after a failure before the next connection; doubles until {@link #recovered} */
    long backoffNanos() {
        long now = backoffNanos;
        backoffNanos = Math.min(backoffNanos * 2, BACKOFF_NANOS_MAX);
        return now;
    }

    void recovered() {
        backoffNanos = BACKOFF_NANOS_MIN;
    }
}
