package io.raftgres.node.peer;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/** One deadline for all reads together, however slowly the bytes arrive. */
final class DeadlineStream extends FilterInputStream {
    private final Socket socket;
    private final long deadlineNanos;

    DeadlineStream(Socket socket, InputStream in, long deadlineNanos) {
        super(in);
        this.socket = socket;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public int read() throws IOException {
        throw new IllegalStateException("single-byte reads are not supported");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("the handshake took too long");
        }
        socket.setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(left) + 1);
        return super.read(bytes, offset, length);
    }
}
