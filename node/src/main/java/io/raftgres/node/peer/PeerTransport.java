package io.raftgres.node.peer;

import io.raftgres.raft.Member;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The connections between this node and the others, one for each direction: whoever dials, sends. Frames may be lost,
 * when a connection breaks or a queue is full; they are never changed, doubled or, within a lane, put in another order.
 * Messages about the log, forwarded requests and status share one lane; all other Raft messages overtake it.
 */
public final class PeerTransport implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);
    private static final long LOG_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long CLOSE_MILLIS = 5_000;

    private final PeerIdentity self;
    private final InetSocketAddress listen;
    private final PeerOptions options;
    private final PeerListener listener;
    private final Map<Long, PeerLink> links = new ConcurrentHashMap<>();
    private final RateLimit refusedLimit = new RateLimit(LOG_NANOS);

    private volatile PeerServer server;
    private boolean closed;

    public PeerTransport(PeerIdentity self, InetSocketAddress listen, PeerOptions options, PeerListener listener) {
        this.self = Objects.requireNonNull(self);
        this.listen = Objects.requireNonNull(listen);
        this.options = Objects.requireNonNull(options);
        this.listener = Objects.requireNonNull(listener);
    }

    /** Binds and accepts. @throws IOException when the address cannot be had, with the address in the message */
    public synchronized void start() throws IOException {
        if (server != null || closed) {
            throw new IllegalStateException("a transport is started once");
        }
        PeerServer bound = new PeerServer(this, listen, options);
        server = bound;
        bound.start();
    }

    /** @return the port that {@link #start} bound */
    public int port() {
        PeerServer bound = server;
        if (bound == null) {
            throw new IllegalStateException("not started");
        }
        return bound.port();
    }

    /**
     * Connects to these members at {@link Member#peerAddress}, except this node itself, and to no others. Names are
     * resolved anew with every attempt. Does nothing once closed.
     */
    public synchronized void setPeers(Collection<Member> members) {
        if (closed) {
            return;
        }
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        Set<Long> wanted = new HashSet<>();
        for (Member member : members) {
            if (member.id() != self.memberId()) {
                wanted.add(member.id());
                connectTo(member);
            }
        }
        for (long id : List.copyOf(links.keySet())) {
            if (!wanted.contains(id)) {
                links.remove(id).stop();
            }
        }
    }

    private void connectTo(Member member) {
        PeerLink known = links.get(member.id());
        if (known != null) {
            known.moveTo(member.peerAddress());
            return;
        }
        try {
            PeerLink link = new PeerLink(member.id(), member.name(), member.peerAddress(), this, options, listener);
            links.put(member.id(), link);
            link.start();
        } catch (IOException e) {
            throw new IllegalStateException("no selector for peer " + member.name(), e);
        }
    }

    /**
     * Sends without ever blocking, from any thread.
     *
     * @return false when the frame was dropped: no such peer, not connected, queue full, or larger than allowed. True
     *     promises no more than an attempt.
     */
    public boolean send(long to, Frame frame) {
        PeerLink link = links.get(to);
        return link != null && link.send(frame);
    }

    /**
     * As {@link #send}, but it may wait for {@link #flush}, which must follow: for many small frames at once, which
     * then leave, and arrive, together.
     */
    public boolean sendSoon(long to, Frame frame) {
        PeerLink link = links.get(to);
        return link != null && link.sendSoon(frame);
    }

    /** Sends what waits. Never blocks. */
    public void flush() {
        links.values().forEach(PeerLink::flush);
    }

    /** @return all zero for a member that is no peer */
    public PeerStats stats(long peer) {
        PeerLink link = links.get(peer);
        return link == null ? PeerStats.NONE : link.stats();
    }

    /** Closes all connections and waits for their threads. The listener hears nothing of it. */
    @Override
    public void close() {
        List<Thread> threads = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (PeerLink link : links.values()) {
                link.stop();
                threads.add(link.thread());
            }
            links.clear();
            if (server != null) {
                threads.addAll(server.close());
            }
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
        for (Thread thread : threads) {
            await(thread, deadline);
        }
    }

    private static void await(Thread thread, long deadlineNanos) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            thread.join(Math.max(1, left));
            if (thread.isAlive()) {
                LOG.warnf("thread %s has not ended in time", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    PeerIdentity self() {
        return self;
    }

    void refused(String reason) {
        if (refusedLimit.permits(System.nanoTime())) {
            LOG.warn(reason);
            listener.refused(reason);
        }
    }

    boolean knows(long from) {
        return listener.knows(from);
    }

    String removed(long from) {
        return listener.removed(from);
    }

    void weAreRemoved(String reason) {
        listener.weAreRemoved(reason);
    }

    /** Closes what a member has connected to us with. */
    public void disconnect(long member) {
        PeerServer bound = server;
        if (bound != null) {
            bound.disconnect(member);
        }
    }

    long incomingSince(long member) {
        PeerServer bound = server;
        return bound == null ? 0 : bound.incomingSince(member);
    }

    void incomingUp(long from) {
        PeerLink link = links.get(from);
        if (link != null) {
            link.incomingUp();
        }
    }

    void incomingDown(long from, String reason, boolean silent) {
        PeerLink link = links.get(from);
        if (link != null) {
            link.incomingDown(reason, silent);
        }
    }

    void received(long from, Packet packet, long bytes) {
        PeerLink link = links.get(from);
        if (link != null) {
            link.countReceived(packet instanceof Packet.Data ? 1 : 0, bytes);
        }
        switch (packet) {
            case Packet.Data data -> listener.received(from, data.frame());
            case Packet.Ping ping -> {
                if (link != null) {
                    link.send(new Packet.Pong(ping.nanos()));
                }
            }
            case Packet.Pong pong -> {
                if (link != null) {
                    link.pong(pong.nanos());
                }
            }
        }
    }
}
