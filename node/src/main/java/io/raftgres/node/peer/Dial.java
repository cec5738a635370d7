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
    record Opened(SocketChannel channel, Reception reception) {}

    private final Selector selector;
    private final PeerOptions options;
    private final BooleanSupplier givenUp;
    private final long deadlineNanos;

    /** @param givenUp asked after each wake-up of the selector */
    Dial(Selector selector, PeerOptions options, BooleanSupplier givenUp) {
        this.selector = selector;
        this.options = options;
        this.givenUp = givenUp;
        this.deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.handshakeTimeoutMillis());
    }

    /**
     * Resolves {@code host:port}; an IPv6 address stands in brackets.
     *
     * @param attempt a name with several addresses gives the next one with the next attempt
     */
    static InetSocketAddress resolve(String address, int attempt) throws UnknownHostException {
        int colon = address.lastIndexOf(':');
        int port = -1;
        try {
            port = colon < 1 ? -1 : Integer.parseInt(address, colon + 1, address.length(), 10);
        } catch (NumberFormatException e) {
            // stays -1
        }
        if (port < 1 || port > 65535) {
            throw new UnknownHostException("'" + address + "' is not host:port");
        }
        InetAddress[] all = InetAddress.getAllByName(address.substring(0, colon));
        return new InetSocketAddress(all[Math.floorMod(attempt, all.length)], port);
    }

    /**
     * @param introduction told to a peer that wants to hear it
     * @return a connected channel, accepted by the peer, non-blocking and registered with the selector; and what the
     *     peer said to the introduction
     * @throws RefusedException when the peer does not accept
     */
    Opened open(InetSocketAddress target, Handshake.Hello hello, Introduction introduction) throws IOException {
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
            Handshake.Answer answer = say(hello.encode(), channel, key, target);
            if (answer.version() < Handshake.MIN_VERSION || answer.version() > Handshake.MAX_VERSION) {
                throw new ProtocolException(target + " wants to speak version " + answer.version());
            }
            Reception reception = Reception.OF_A_STRANGER;
            if (answer.version() >= Introduction.VERSION) {
                reception = Reception.of(
                        say(introduction.encode(), channel, key, target).version());
            }
            return new Opened(channel, reception);
        } catch (IOException | RuntimeException e) {
            close(channel);
            throw e;
        }
    }

    /** @return the peer's answer, which accepts */
    private Handshake.Answer say(byte[] words, SocketChannel channel, SelectionKey key, InetSocketAddress target)
            throws IOException {
        key.interestOps(SelectionKey.OP_WRITE);
        ByteBuffer out = ByteBuffer.wrap(words);
        while (channel.write(out) >= 0 && out.hasRemaining()) {
            await("greeting " + target);
        }
        key.interestOps(SelectionKey.OP_READ);
        Handshake.Answer answer = answer(channel, target);
        if (answer.verdict() != Handshake.Verdict.ACCEPTED) {
            throw new RefusedException(
                    target + " refuses this node (" + answer.verdict() + "): " + answer.detail(), answer.verdict());
        }
        return answer;
    }

    private Handshake.Answer answer(SocketChannel channel, InetSocketAddress target) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(Handshake.MAX_ANSWER_BYTES);
        while (true) {
            int got = channel.read(in);
            if (got < 0) {
                throw new EOFException(target + " closed the connection without an answer");
            }
            Handshake.Answer answer = Handshake.Answer.decode(in.duplicate().flip());
            if (answer != null) {
                return answer;
            }
            await("waiting for the answer of " + target);
        }
    }

    private void await(String what) throws IOException {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException(what + " took longer than " + options.handshakeTimeoutMillis() + " ms");
        }
        selector.select(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        selector.selectedKeys().clear();
        if (givenUp.getAsBoolean()) {
            throw new IOException("given up");
        }
    }

    /** Closes a channel, and has its selector let go of it: until then the connection would stay open. */
    void close(SocketChannel channel) {
        try {
            channel.close();
            selector.selectNow();
        } catch (IOException e) {
            // it is closed as far as we are concerned
        }
    }
}
