package io.raftgres.node.rest;

import io.vertx.core.buffer.Buffer;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The body of a streamed response. One virtual thread writes it, and waits between rows or events while {@link #WINDOW}
 * chunks are in flight to the client. So a stream holds at most {@code WINDOW * CHUNK_BYTES} and one chunk, however
 * slow its reader is. Between writes it holds nothing, because a node has thousands of idle watches.
 */
final class ResponseSink extends OutputStream {

    static final int CHUNK_BYTES = 32 << 10;
    static final int WINDOW = 4;
    private static final byte[] NONE = {};

    /** The client is gone or does not read: the stream ends and no error is sent. */
    static final class ClientGoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ClientGoneException(String message) {
            super(message, null, false, false);
        }
    }

    private final RestExchange exchange;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Number of chunks in flight, and the time since when none of them was sent (System.nanoTime). */
    private int inFlight;

    private long stillSince;
    private byte[] chunk = NONE;
    private int length;
    private boolean started;
    private volatile boolean gone;

    /** The constructor runs on the event loop. */
    ResponseSink(RestExchange exchange) {
        this.exchange = exchange;
        exchange.response.closeHandler(ignored -> leave());
        exchange.response.exceptionHandler(ignored -> leave());
    }

    private void leave() {
        lock.lock();
        try {
            gone = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isGone() {
        return gone;
    }

    /** @return whether any byte was sent; then the status cannot change any more */
    boolean isStarted() {
        return started;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) {
        int from = offset;
        int left = count;
        while (left > 0) {
            if (length == CHUNK_BYTES) {
                push();
            }
            if (length == chunk.length) {
                int wanted = Math.max(Math.max(512, length + left), 2 * length);
                chunk = Arrays.copyOf(chunk, Math.min(CHUNK_BYTES, wanted));
            }
            int part = Math.min(left, chunk.length - length);
            System.arraycopy(bytes, from, chunk, length, part);
            length += part;
            from += part;
            left -= part;
        }
    }

    /** Sends what was written; never waits. @throws ClientGoneException when the client is gone or does not read */
    void push() {
        if (length > 0) {
            requireClient();
            Buffer buffer = take();
            boolean first = !started;
            started = true;
            int bytes = buffer.length();
            sent(bytes);
            exchange.onLoop(() -> {
                if (first) {
                    exchange.response.setChunked(true);
                }
                if (exchange.response.closed()) {
                    passed(bytes, false);
                } else {
                    exchange.response.write(buffer).onComplete(written -> passed(bytes, written.succeeded()));
                }
            });
        }
    }

    private void sent(int bytes) {
        exchange.unsent().add(bytes);
        lock.lock();
        try {
            if (inFlight++ == 0) {
                stillSince = System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    /** @return whether the client has taken enough for more to be written */
    boolean isReady() {
        lock.lock();
        try {
            return inFlight < WINDOW && !isTight();
        } finally {
            lock.unlock();
        }
    }

    /** @return whether the stream must wait because all clients together have taken too little */
    private boolean isTight() {
        return inFlight > 0 && exchange.unsent().isFull();
    }

    /**
     * Waits until the client has taken enough for more to be written.
     *
     * @throws ClientGoneException when the client is gone or takes nothing
     */
    void awaitReady() {
        awaitReady(Long.MAX_VALUE);
    }

    /**
     * @param nanos longest time to wait
     * @return false: the client has not taken enough yet
     * @throws ClientGoneException when the client is gone or takes nothing
     */
    boolean awaitReady(long nanos) {
        long begun = System.nanoTime();
        long stallNanos = exchange.options.stallTimeout().toNanos();
        lock.lock();
        try {
            // Continues below half, so that each continuation sends a useful amount.
            while ((inFlight > WINDOW / 2 || isTight()) && !gone) {
                long now = System.nanoTime();
                if (now - stillSince >= stallNanos) {
                    gone = true;
                    exchange.onLoop(exchange::hangUp);
                    throw new ClientGoneException("the client took nothing for "
                            + exchange.options.stallTimeout().toSeconds() + " s");
                }
                if (now - begun >= nanos) {
                    return false;
                }
                changed.awaitNanos(Math.min(nanos - (now - begun), stallNanos - (now - stillSince)));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("no code interrupts a stream", e);
        } finally {
            lock.unlock();
        }
        requireClient();
        return true;
    }

    private void requireClient() {
        if (gone) {
            throw new ClientGoneException("the client closed the connection");
        }
    }

    /** The response's handlers are not always notified that the connection has ended; writing to it always fails. */
    private void passed(int bytes, boolean written) {
        exchange.unsent().give(bytes);
        lock.lock();
        try {
            inFlight--;
            stillSince = System.nanoTime();
            gone |= !written;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the response. A response that fits into one chunk is sent whole, with its length. */
    void end() {
        if (started) {
            push();
            exchange.onLoop(() -> exchange.end(null));
        } else {
            Buffer whole = take();
            exchange.onLoop(() -> exchange.end(whole));
        }
    }

    /** Sends the written bytes, then cuts the connection: the client must notice that the response is incomplete. */
    void abort(int status) {
        Buffer rest = take();
        exchange.onLoop(() -> {
            exchange.count(status);
            if (!exchange.response.closed()) {
                exchange.response.write(rest).onComplete(written -> exchange.hangUp());
            }
        });
    }

    /** Discards the bytes that were written and not sent. */
    void discard() {
        length = 0;
    }

    private Buffer take() {
        Buffer buffer = Buffer.buffer(length == chunk.length ? chunk : Arrays.copyOf(chunk, length));
        chunk = NONE;
        length = 0;
        return buffer;
    }
}
