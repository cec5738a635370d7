package io.raftgres.node.peer;

import io.raftgres.node.peer.Packet.Data;
import io.raftgres.node.peer.Packet.Ping;
import io.raftgres.node.tls.PeerCertificates;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;

/**
 * The link to one peer: its queue, its connection and the thread that maintains both. While the queue is empty, the
 * sending thread writes a small packet itself. Otherwise the peer's thread takes over and writes as many packets at
 * once as there are.
 *
 * <p>Measured with PeerSpeed on 2 cores: in this design a round trip between two transports takes 14 us (median), and
 * the throughput is 0.9 million small frames/s. If the peer's thread writes every packet, it is 26 us and 1.6
 * million/s. A write waits for round trips, and the cluster is far from a million frames, hence this design. Appends of
 * 250 kB that do not compress: 0.8 GB/s in both cases.
 */
final class PeerLink implements Runnable {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);

    static final int PING_MILLIS = 1_000;

    private static final long BACKOFF_MIN_MILLIS = 50;
    private static final long BACKOFF_MAX_MILLIS = 1_000;

    /** Larger frames, and more frames than this, do not wait for a flush. */
    private static final int MAX_SOON_BYTES = 16 << 10;

    private static final int MAX_SOON_FRAMES = 256;

    /** After a connection that lasted less than this, the next attempt waits the full backoff. */
    private static final long STABLE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A longer round trip is not credible: the peer sent a wrong number. */
    private static final long MAX_ROUND_TRIP_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final long peer;
    private final PeerTransport transport;
    private final PeerOptions options;
    private final PeerEncryption encryption;
    private final SendQueue queue;
    private final Reachability reachability;
    private final Selector selector;
    private final Thread thread;
    private final RateLimit tooLargeLog = new RateLimit(TimeUnit.SECONDS.toNanos(5));

    /** Held by the writing thread; senders only try it. Guards {@code writer} and {@code channel}. */
    private final ReentrantLock writing = new ReentrantLock();

    private final PacketWriter writer;
    private PeerChannel channel;

    /** Set by a sender whose write failed. */
    private volatile IOException broken;

    private volatile String address;
    private volatile boolean moved;
    private volatile boolean stopped;
    private volatile boolean retryNow;
    private volatile boolean connected;

    /** The thread has been notified that there is work. */
    private final AtomicBoolean signalled = new AtomicBoolean();
    /** The thread wakes up by itself as soon as the socket has room. */
    private volatile boolean awaitingRoom;

    /** Used only by the link's thread. */
    private boolean everConnected;

    /** Whether the next attempt is plain, because the peer did not respond to TLS; used only by the link's thread. */
    private boolean plainNext;

    private long lastProgressNanos;

    private volatile long lastPongNanos;
    private volatile long roundTripNanos;
    private volatile long reconnects;
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong receivedFrames = new AtomicLong();
    private final AtomicLong receivedBytes = new AtomicLong();

    PeerLink(
            long peer, String name, String address, PeerTransport transport, PeerOptions options, PeerListener listener)
            throws IOException {
        this.peer = peer;
        this.address = address;
        this.transport = transport;
        this.options = options;
        this.encryption = transport.encryption();
        this.queue = new SendQueue(options.queueBytes(), options.queueFrames());
        this.writer = new PacketWriter(options.compressFromBytes());
        this.reachability = new Reachability(peer, name, listener);
        this.selector = Selector.open();
        this.thread = Thread.ofPlatform().daemon().name("peer-out-" + name).unstarted(this);
    }

    void start() {
        thread.start();
    }

    /** Never blocks. @return false when the frame was dropped */
    boolean send(Frame frame) {
        return send(frame, true);
    }

    /** Never blocks; the frame waits for {@link #flush}. @return false when it was dropped */
    boolean sendSoon(Frame frame) {
        return send(frame, false);
    }

    private boolean send(Frame frame, boolean now) {
        long size = PacketCodec.size(frame);
        if (size > options.maxFrameBytes()) {
            if (tooLargeLog.permits(System.nanoTime())) {
                LOG.errorf(
                        "a frame of %d bytes was not sent because the limit is %d bytes",
                        size, options.maxFrameBytes());
            }
            dropped.incrementAndGet();
            return false;
        }
        Data packet = new Data(frame, (int) size);
        boolean taken = now || size > MAX_SOON_BYTES ? send(packet) : sendSoon(packet);
        if (!taken) {
            dropped.incrementAndGet();
        }
        return taken;
    }

    private boolean sendSoon(Packet packet) {
        if (!connected) {
            return false;
        }
        if (queue.count() >= MAX_SOON_FRAMES) {
            flush();
        }
        return queue.offer(packet);
    }

    boolean send(Packet packet) {
        if (!connected) {
            return false;
        }
        if (queue.isEmpty() && !writer.isLarge(packet) && writing.tryLock()) {
            try {
                if (channel != null && queue.isEmpty() && writer.idle()) {
                    return writeNow(packet);
                }
            } finally {
                writing.unlock();
            }
        }
        if (!queue.offer(packet)) {
            return false;
        }
        if (!awaitingRoom) {
            wake();
        }
        return true;
    }

    /** Writes the waiting frames, as far as one write accepts them; the thread writes the rest. */
    void flush() {
        if (queue.isEmpty() || !connected) {
            return;
        }
        if (writing.tryLock()) {
            try {
                if (channel != null && writer.idle() && writer.fill(queue)) {
                    writer.flush(channel);
                }
            } catch (IOException e) {
                broken = e;
            } finally {
                writing.unlock();
            }
            if (queue.isEmpty() && writer.idle() && broken == null) {
                return;
            }
        }
        if (!awaitingRoom) {
            wake();
        }
    }

    private boolean writeNow(Packet packet) {
        try {
            writer.put(packet);
            if (!writer.flush(channel)) {
                wake();
            }
            return true;
        } catch (IOException e) {
            broken = e;
            wake();
            return false;
        }
    }

    private void wake() {
        if (!signalled.getAndSet(true)) {
            selector.wakeup();
        }
    }

    @Override
    public void run() {
        int attempt = 0;
        long backoffMillis = BACKOFF_MIN_MILLIS;
        try {
            while (!stopped) {
                long started = System.nanoTime();
                boolean held = connectAndPump(attempt);
                attempt++;
                if (held && System.nanoTime() - started > STABLE_NANOS || retryNow || moved) {
                    backoffMillis = BACKOFF_MIN_MILLIS;
                }
                pause(backoffMillis);
                backoffMillis = Math.min(2 * backoffMillis, BACKOFF_MAX_MILLIS);
            }
        } catch (IOException e) {
            LOG.errorf(e, "the thread that sends to peer %016x stopped because its selector failed", peer);
            reachability.outgoingDown("its selector failed");
        } finally {
            writer.close();
            closeSelector();
        }
    }

    /** @return whether there was a connection */
    private boolean connectAndPump(int attempt) {
        moved = false;
        retryNow = false;
        Dial dial = new Dial(selector, options, () -> stopped || moved);
        PeerChannel opened = null;
        boolean encrypts = !encryption.isOff() && !plainNext;
        plainNext = false;
        String reason;
        try {
            Dial.Opened accepted = dial.open(
                    Dial.resolve(address, attempt),
                    encrypts ? socket -> encryption.dialled(socket, address) : PeerChannel::plain,
                    Handshake.Hello.of(transport.self(), peer),
                    transport.introduction());
            opened = accepted.channel();
            established(opened, attempt);
            transport.received(peer, accepted.reception());
            pump(opened);
            reason = "closed";
        } catch (RefusedException e) {
            reason = e.getMessage();
            transport.refused(reason);
            if (!moved) {
                transport.refusedBy(peer, e.verdict(), reason);
            }
        } catch (NotEncryptedException e) {
            reason = describe(e);
            if (!encryption.isRequired() && !moved && !stopped) {
                // The peer's release or options may know no TLS yet.
                plainNext = true;
                retryNow = true;
            }
        } catch (SSLException e) {
            reason = address + ": no TLS with this peer: " + e.getMessage();
            transport.refused(reason);
        } catch (IOException e) {
            reason = describe(e);
        } catch (RuntimeException | LinkageError e) {
            LOG.errorf(e, "sending to peer %016x failed", peer);
            reason = e.toString();
        }
        release();
        if (opened != null) {
            opened.farewell();
            dial.close(opened.socket());
        }
        if (moved) {
            reachability.forget();
        } else if (!stopped) {
            reachability.outgoingDown(reason);
        }
        return opened != null;
    }

    /** Ends the connection if the peer's certificate is refused by now. */
    void recheck(PeerCertificates trusted) {
        writing.lock();
        try {
            String refusal = channel == null ? null : PeerEncryption.refusal(channel.certificates(), trusted);
            if (refusal != null) {
                broken = new IOException(refusal);
                wake();
            }
        } finally {
            writing.unlock();
        }
    }

    private String describe(IOException e) {
        String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return text.contains(address) ? text : address + ": " + text;
    }

    private void established(PeerChannel opened, int attempt) {
        writing.lock();
        try {
            writer.reset();
            broken = null;
            channel = opened;
            queue.open();
        } finally {
            writing.unlock();
        }
        lastPongNanos = System.nanoTime();
        if (everConnected) {
            reconnects++;
        }
        everConnected = true;
        connected = true;
        reachability.outgoingUp();
    }

    private void release() {
        connected = false;
        writing.lock();
        try {
            channel = null;
            queue.close();
            writer.reset();
        } finally {
            writing.unlock();
        }
    }

    /** Writes all packets until the connection breaks or is no longer needed. */
    private void pump(PeerChannel opened) throws IOException {
        SelectionKey key = opened.socket().keyFor(selector);
        ByteBuffer nothing = ByteBuffer.allocate(1);
        long nextPing = System.nanoTime();
        lastProgressNanos = nextPing;
        while (!stopped && !moved) {
            signalled.set(false);
            awaitingRoom = false;
            IOException failure = broken;
            if (failure != null) {
                throw failure;
            }
            long now = System.nanoTime();
            if (now - nextPing >= 0) {
                checkAlive(now, now - nextPing);
                queue.offer(new Ping(now));
                nextPing = now + TimeUnit.MILLISECONDS.toNanos(PING_MILLIS);
            }
            boolean full = !drain(opened);
            awaitingRoom = full;
            key.interestOps(full ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nextPing - System.nanoTime()) + 1));
            selector.selectedKeys().clear();
            if (key.isReadable() && read(opened, nothing) != 0) {
                throw nothing.position() == 0
                        ? new EOFException("the peer closed the connection")
                        : new ProtocolException("the peer sent data on a connection that it only receives on");
            }
        }
    }

    /** TLS may have to respond to what it reads, so this excludes writing. */
    private int read(PeerChannel opened, ByteBuffer into) throws IOException {
        writing.lock();
        try {
            return opened.read(into);
        } finally {
            writing.unlock();
        }
    }

    /** @return false when the socket is full */
    private boolean drain(PeerChannel opened) throws IOException {
        writing.lock();
        try {
            long before = writer.sentBytes();
            boolean room = writer.flush(opened);
            while (room && writer.fill(queue)) {
                room = writer.flush(opened);
            }
            if (room || writer.sentBytes() != before) {
                lastProgressNanos = System.nanoTime();
            }
            return room;
        } finally {
            writing.unlock();
        }
    }

    /**
     * Detects a dead connection. TCP itself notices a silent cut only after minutes, and then retries at intervals of
     * minutes. The pongs come on the peer's own connection, so their absence counts only while there is one.
     *
     * @param lateNanos delay of this thread: when it was delayed itself, it cannot judge the peer
     */
    private void checkAlive(long now, long lateNanos) throws IOException {
        if (lateNanos > TimeUnit.MILLISECONDS.toNanos(PING_MILLIS)) {
            lastProgressNanos = now;
            lastPongNanos = now;
        }
        long limit = TimeUnit.MILLISECONDS.toNanos(options.idleTimeoutMillis());
        if (now - lastProgressNanos > limit) {
            throw new IOException("the peer accepted no data for " + options.idleTimeoutMillis() + " ms");
        }
        long heardSince = transport.incomingSince(peer);
        if (heardSince != 0 && now - heardSince > limit && now - lastPongNanos > limit) {
            throw new IOException("the peer answered no ping for " + options.idleTimeoutMillis() + " ms");
        }
    }

    /** Waits before the next attempt, unless there is a reason to try at once. */
    private void pause(long backoffMillis) throws IOException {
        long millis = backoffMillis * ThreadLocalRandom.current().nextLong(75, 126) / 100;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!stopped && !moved && !retryNow) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            selector.select(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        }
    }

    /** The peer has connected to this node, so it is reachable. */
    void incomingUp() {
        reachability.incomingUp();
        if (!connected) {
            retryNow = true;
            selector.wakeup();
        }
    }

    /** The peer's connection to this node is gone. @param silent it was not closed, but no more data arrived */
    void incomingDown(String reason, boolean silent) {
        reachability.incomingDown(reason);
        if (silent && connected) {
            broken = new IOException(reason);
            wake();
        }
    }

    void pong(long sentNanos) {
        long now = System.nanoTime();
        lastPongNanos = now;
        long nanos = now - sentNanos;
        if (nanos > 0 && nanos < MAX_ROUND_TRIP_NANOS) {
            roundTripNanos = nanos;
        }
    }

    void countReceived(long frames, long bytes) {
        receivedFrames.addAndGet(frames);
        receivedBytes.addAndGet(bytes);
    }

    void moveTo(String newAddress) {
        if (!newAddress.equals(address)) {
            address = newAddress;
            moved = true;
            selector.wakeup();
        }
    }

    void stop() {
        reachability.end();
        stopped = true;
        connected = false;
        selector.wakeup();
    }

    Thread thread() {
        return thread;
    }

    PeerStats stats() {
        return new PeerStats(
                connected,
                queue.count(),
                queue.bytes(),
                writer.sentFrames(),
                writer.sentBytes(),
                receivedFrames.get(),
                receivedBytes.get(),
                dropped.get(),
                roundTripNanos,
                reconnects);
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException e) {
            LOG.debug("closing a selector failed", e);
        }
    }
}
