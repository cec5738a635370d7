package io.raftgres.bench.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Answers whatever comes with the same 200, on one thread, and stalls on command: for whole requests that arrive in one
 * piece. What is left of the processor is the generator's.
 */
final class TrivialServer implements AutoCloseable {

    private static final byte[] ANSWER = ("HTTP/1.1 200 OK\r\nETag: \"17\"\r\nX-Revision: 17\r\n"
                    + "Content-Type: application/octet-stream\r\ncontent-length: "
                    + "2\r\n\r\nok")
            .getBytes(StandardCharsets.US_ASCII);

    private final ServerSocketChannel server;
    private final Selector selector;
    private final Thread thread;
    private volatile long stallNanos;
    private volatile long stallAtNanos = Long.MAX_VALUE;

    TrivialServer() throws IOException {
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
        server.configureBlocking(false);
        selector = Selector.open();
        server.register(selector, SelectionKey.OP_ACCEPT);
        thread = Thread.ofPlatform().name("trivial-server").start(this::serve);
    }

    Endpoint endpoint() throws IOException {
        return new Endpoint("127.0.0.1", ((InetSocketAddress) server.getLocalAddress()).getPort());
    }

    /** All responses stop once, after this time. */
    void stall(long inMillis, long forMillis) {
        stallNanos = TimeUnit.MILLISECONDS.toNanos(forMillis);
        stallAtNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(inMillis);
    }

    private void serve() {
        ByteBuffer in = ByteBuffer.allocateDirect(64 * 1024);
        ByteBuffer out = ByteBuffer.allocateDirect(ANSWER.length).put(ANSWER).flip();
        try {
            while (selector.isOpen()) {
                selector.select(key -> ready(key, in, out), 10);
                if (stallAtNanos != Long.MAX_VALUE && System.nanoTime() - stallAtNanos >= 0) {
                    stallAtNanos = Long.MAX_VALUE;
                    long until = System.nanoTime() + stallNanos;
                    while (System.nanoTime() - until < 0) {
                        Thread.onSpinWait();
                    }
                }
            }
        } catch (IOException | ClosedSelectorException e) {
            // Closed: the end.
        }
    }

    private void ready(SelectionKey key, ByteBuffer in, ByteBuffer out) {
        try {
            if (key.isAcceptable()) {
                SocketChannel channel = server.accept();
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.register(selector, SelectionKey.OP_READ);
                return;
            }
            SocketChannel channel = (SocketChannel) key.channel();
            in.clear();
            if (channel.read(in) < 0) {
                channel.close();
            } else {
                channel.write(out.rewind());
            }
        } catch (IOException e) {
            key.cancel();
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        server.close();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
