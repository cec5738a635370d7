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
 *
 * <p>There is a link to each member of the membership, which may be an old one, and to each <em>guest</em>: a node that
 * is connected to this one and is no member as far as is known here. It may lead, and has to be answered. Where it can
 * be reached it says itself.
 */
public final class PeerTransport implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);
    private static final long LOG_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long CLOSE_MILLIS = 5_000;

    /** Without TLS anybody may say that it is a node of this cluster, and where it is to be dialled. */
    static final int MAX_GUESTS = 8;

    private final PeerIdentity self;
    private final InetSocketAddress listen;
    private final PeerOptions options;
    private final PeerListener listener;
    private final Map<Long, PeerLink> links = new ConcurrentHashMap<>();
    private final RateLimit refusedLimit = new RateLimit(LOG_NANOS);
    private final RateLimit guestLog = new RateLimit(LOG_NANOS);

    /** The membership without this node. Each has a link; the other links are those of guests. */
    private volatile Set<Long> members = Set.of();

    /** Links of former guests whose threads have not ended: to look a name up can take them long. */
    private final Set<PeerLink> leaving = new HashSet<>();

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
     * Connects to these members at {@link Member#peerAddress}, except this node itself; to others only for as long as
     * they are connected to this one. Names are resolved anew with every attempt. Does nothing once closed.
     */
    public synchronized void setPeers(Collection<Member> latest) {
        if (closed) {
            return;
        }
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        Set<Long> wanted = new HashSet<>();
        for (Member member : latest) {
            if (member.id() != self.memberId()) {
                wanted.add(member.id());
                connectTo(member.id(), member.name(), member.peerAddress());
            }
        }
        members = Set.copyOf(wanted);
        for (long id : List.copyOf(links.keySet())) {
            if (!wanted.contains(id) && (incomingSince(id) == 0 || guests() > MAX_GUESTS)) {
                dismiss(id);
            }
        }
    }

    /** @return guests, with those that have gone and still hold a thread */
    private int guests() {
        leaving.removeIf(link -> !link.thread().isAlive());
        return links.size() - members.size() + leaving.size();
    }

    private void dismiss(long id) {
        PeerLink link = links.remove(id);
        if (link != null) {
            link.stop();
            leaving.add(link);
        }
    }

    private void dismissGuestsThatHaveGone() {
        for (long id : List.copyOf(links.keySet())) {
            if (!members.contains(id) && incomingSince(id) == 0) {
                dismiss(id);
            }
        }
    }

    private void connectTo(long id, String name, String address) {
        PeerLink known = links.get(id);
        if (known != null) {
            known.moveTo(address);
            return;
        }
        try {
            PeerLink link = new PeerLink(id, name, address, this, options, listener);
            links.put(id, link);
            link.start();
        } catch (IOException e) {
            throw new IllegalStateException("no selector for peer " + name, e);
        }
    }

    private synchronized void welcome(long from, String name, String address) {
        if (closed || members.contains(from) || incomingSince(from) == 0) {
            return;
        }
        if (address.isEmpty()) {
            // One that was a member may have come back before its link was dismissed.
            dismiss(from);
            return;
        }
        if (!links.containsKey(from)) {
            dismissGuestsThatHaveGone();
            if (guests() >= MAX_GUESTS) {
                if (guestLog.permits(System.nanoTime())) {
                    LOG.warnf(
                            "'%s' (%016x) is connected and no member as far as is known here; it is not answered, for"
                                    + " %d others such are",
                            name, from, MAX_GUESTS);
                }
                return;
            }
            if (guestLog.permits(System.nanoTime())) {
                LOG.infof(
                        "'%s' (%016x) is connected and no member as far as is known here; it is answered at %s",
                        name, from, address);
            }
        }
        connectTo(from, name, address);
    }

    /** A guest is one for as long as it is connected. */
    synchronized void takeLeave(long from) {
        if (!members.contains(from) && incomingSince(from) == 0) {
            dismiss(from);
        }
    }

    /** @return members and guests: whoever can be sent something */
    public Set<Long> peers() {
        return Set.copyOf(links.keySet());
    }

    /**
     * Sends without ever blocking, from any thread.
     *
     * @return false when the frame was dropped: neither member nor guest, not connected, queue full, or larger than
     *     allowed. True promises no more than an attempt.
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

    /** @return all zero for who is neither member nor guest */
    public PeerStats stats(long peer) {
        PeerLink link = links.get(peer);
        return link == null ? PeerStats.NONE : link.stats();
    }

    /** @return bytes that wait for all peers */
    public long queuedBytes() {
        long bytes = 0;
        for (PeerLink link : links.values()) {
            bytes += link.stats().queuedBytes();
        }
        return bytes;
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
            leaving.forEach(link -> threads.add(link.thread()));
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

    Introduction introduction() {
        return new Introduction(self.incarnation(), listener.hasBegun(), self.peerAddress());
    }

    void refused(String reason) {
        if (refusedLimit.permits(System.nanoTime())) {
            LOG.warn(reason);
            listener.refused(reason);
        }
    }

    boolean olderReleasesEnd() {
        return listener.olderReleasesEnd();
    }

    String removed(long from) {
        return listener.removed(from);
    }

    /** What a guest says of this node counts for nothing: anybody can be one, and be dialled where it likes. */
    void refusedBy(long peer, Handshake.Verdict verdict, String reason) {
        if (members.contains(peer)) {
            switch (verdict) {
                case REMOVED -> listener.weAreRemoved(reason);
                case OTHER_LOG -> listener.weAreKnownWithAnotherLog(reason);
                default -> {}
            }
        }
    }

    Reception receive(long from, Introduction introduction) {
        return listener.receive(from, introduction);
    }

    void received(long by, Reception reception) {
        if (reception.vouched() && members.contains(by)) {
            listener.vouched(by, reception.blank());
        }
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

    void incomingUp(long from, String name, String address) {
        welcome(from, name, address);
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
