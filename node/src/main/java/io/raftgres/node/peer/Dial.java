package io.raftgres.node.peer;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One attempt to connect to a peer and to be accepted by it. Runs on the peer's own thread. */
final class Dial {
    /** Makes a channel of a connected socket. */
    @FunctionalInterface
    interface Encryption {
        PeerChannel over(SocketChannel socket);
    }

    record Opened(PeerChannel channel, Reception reception) {}

    private final Selector selector;
    private final PeerOptions options;
    private final BooleanSupplier cancelled;
    private final long deadlineNanos;

    /** @param cancelled whether to cancel the attempt; called after each wake-up of the selector */
    Dial(Selector selector, PeerOptions options, BooleanSupplier cancelled) {
        this.selector = selector;
        this.options = options;
        this.cancelled = cancelled;
        this.deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.handshakeTimeoutMillis());
    }

    /**
     * Resolves {@code host:port}; an IPv6 address is in brackets.
     *
     * @param attempt selects the next address of a name with several addresses
     */
    static InetSocketAddress resolve(String address, int attempt) throws UnknownHostException {
        int colon = address.lastIndexOf(':');
        int port = -1;
        try {
            port = colon < 1 ? -1 : Integer.parseInt(address, colon + 1, address.length(), 10);
        } catch (NumberFormatException e) {
            // The port stays -1.
        }
        if (port < 1 || port > 65535) {
            throw new UnknownHostException("'" + address + "' is not host:port");
        }
        InetAddress[] all = InetAddress.getAllByName(address.substring(0, colon));
        return new InetSocketAddress(all[Math.floorMod(attempt, all.length)], port);
    }

    /**
     * @param encryption makes a channel of the connected socket
     * @param introduction sent to a peer that speaks a version with introductions
     * @return a connected channel, accepted by the peer, non-blocking and registered with the selector; and the peer's
     *     response to the introduction
     * @throws RefusedException when the peer refuses the connection
     */
    Opened open(InetSocketAddress target, Encryption encryption, Handshake.Hello hello, Introduction introduction)
            throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            channel.setOption(StandardSocketOptions.SO_SNDBUF, options.socketBufferBytes());
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
            if (!channel.connect(target)) {
                do {
                    await("connecting to " + target);
                } while (!channel.finishConnect());
            }
            PeerChannel secured = encryption.over(channel);
            if (secured instanceof EncryptedChannel encrypted) {
                encrypted.handshake(operation -> {
                    key.interestOps(operation);
                    await("the TLS handshake with " + target);
                });
            }
            Handshake.Response response = say(hello.encode(), secured, key, target);
            if (response.version() < Handshake.MIN_VERSION || response.version() > Handshake.MAX_VERSION) {
                throw new ProtocolException(
                        target + " chose protocol version " + response.version() + ", which this node does not speak");
            }
            Reception reception = Reception.OF_A_STRANGER;
            if (response.version() >= Introduction.VERSION) {
                reception = Reception.of(
                        say(introduction.encode(), secured, key, target).version());
            }
            return new Opened(secured, reception);
        } catch (IOException | RuntimeException e) {
            close(channel);
            throw e;
        }
    }

    /** @return the peer's response, which accepts */
    private Handshake.Response say(byte[] words, PeerChannel channel, SelectionKey key, InetSocketAddress target)
            throws IOException {
        key.interestOps(SelectionKey.OP_WRITE);
        ByteBuffer out = ByteBuffer.wrap(words);
        while (channel.write(out) >= 0 && (out.hasRemaining() || !channel.flush())) {
            await("greeting " + target);
        }
        key.interestOps(SelectionKey.OP_READ);
        Handshake.Response response = response(channel, target);
        if (response.verdict() != Handshake.Verdict.ACCEPTED) {
            throw new RefusedException(
                    target + " refuses this node (" + response.verdict() + "): " + response.detail(),
                    response.verdict());
        }
        return response;
    }

    private Handshake.Response response(PeerChannel channel, InetSocketAddress target) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(Handshake.MAX_RESPONSE_BYTES);
        while (true) {
            int got = channel.read(in);
            if (got < 0) {
                throw new EOFException(target + " closed the connection without a response");
            }
            Handshake.Response response =
                    Handshake.Response.decode(in.duplicate().flip());
            if (response != null) {
                return response;
            }
            await("waiting for the response of " + target);
        }
    }

    private void await(String what) throws IOException {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException(what + " took longer than " + options.handshakeTimeoutMillis() + " ms");
        }
        selector.select(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        selector.selectedKeys().clear();
        if (cancelled.getAsBoolean()) {
            throw new IOException("the attempt to connect was cancelled");
        }
    }

    /** Closes a channel and makes its selector release it: otherwise the connection would stay open. */
    void close(SocketChannel channel) {
        try {
            channel.close();
            selector.selectNow();
        } catch (IOException e) {
            // The channel no longer matters to this node.
        }
    }
}
