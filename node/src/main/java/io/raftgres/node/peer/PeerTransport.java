package io.raftgres.node.peer;

import io.raftgres.node.tls.CertificateSet;
import io.raftgres.node.tls.NodeTls;
import io.raftgres.raft.Member;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The connections between this node and the others, one for each direction: the dialling node sends. Frames may be lost
 * when a connection breaks or a queue is full. They are never changed, duplicated or, within a lane, reordered.
 * Messages about the log, forwarded requests and status share one lane; all other Raft messages overtake it.
 *
 * <p>There is a link to each member of the membership, which may be outdated. There is also a link to each
 * <em>guest</em>: a node that is connected to this one and is not a member as far as this node knows. A guest may be
 * the leader, so this node has to respond to it, at the address that the guest names.
 */
public final class PeerTransport implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);
    private static final long LOG_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long CLOSE_MILLIS = 5_000;

    /** Upper bound of guests: without TLS, any process may claim to be a node of this cluster, and name any address. */
    static final int MAX_GUESTS = 8;

    private final PeerIdentity self;
    private final InetSocketAddress listen;
    private final PeerOptions options;
    private final PeerEncryption encryption;
    private final Consumer<CertificateSet> newCertificates = this::recheck;
    private final PeerListener listener;
    private final Map<Long, PeerLink> links = new ConcurrentHashMap<>();
    private final RateLimit refusedLimit = new RateLimit(LOG_NANOS);
    private final RateLimit guestLog = new RateLimit(LOG_NANOS);

    /** The membership without this node. Each member has a link; all other links belong to guests. */
    private volatile Set<Long> members = Set.of();

    /** The names of all members, by id. */
    private volatile Map<Long, String> names = Map.of();

    /** Links of former guests whose threads have not ended: resolving a name can take long. */
    private final Set<PeerLink> leaving = new HashSet<>();

    private volatile PeerServer server;
    private boolean closed;

    public PeerTransport(PeerIdentity self, InetSocketAddress listen, PeerOptions options, PeerListener listener) {
        this(self, listen, options, NodeTls.off(), listener);
    }

    public PeerTransport(
            PeerIdentity self, InetSocketAddress listen, PeerOptions options, NodeTls tls, PeerListener listener) {
        this.encryption = new PeerEncryption(tls);
        this.self = Objects.requireNonNull(self);
        this.listen = Objects.requireNonNull(listen);
        this.options = Objects.requireNonNull(options);
        this.listener = Objects.requireNonNull(listener);
    }

    /**
     * Binds the address and accepts connections. @throws IOException when the address is unavailable; its message names
     * the address
     */
    public synchronized void start() throws IOException {
        if (server != null || closed) {
            throw new IllegalStateException("the transport was already started or closed");
        }
        PeerServer bound = new PeerServer(this, listen, options);
        server = bound;
        bound.start();
        encryption.onChange(newCertificates);
    }

    /** Ends the connections whose certificates the new CAs or revocation lists refuse. */
    private void recheck(CertificateSet next) {
        links.values().forEach(link -> link.recheck(next.trusted()));
        PeerServer bound = server;
        if (bound != null) {
            bound.recheck(next.trusted());
        }
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
     * Connects to these members at {@link Member#peerAddress}, except this node itself. Other nodes keep a link only
     * while they are connected to this one. Names are resolved again for every attempt. Does nothing once closed.
     */
    public synchronized void setPeers(Collection<Member> latest) {
        if (closed) {
            return;
        }
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        Set<Long> wanted = new HashSet<>();
        Map<Long, String> named = new HashMap<>();
        for (Member member : latest) {
            named.put(member.id(), member.name());
            if (member.id() != self.memberId()) {
                wanted.add(member.id());
                connectTo(member.id(), member.name(), member.peerAddress());
            }
        }
        members = Set.copyOf(wanted);
        names = Map.copyOf(named);
        for (long id : List.copyOf(links.keySet())) {
            if (!wanted.contains(id) && (incomingSince(id) == 0 || guests() > MAX_GUESTS)) {
                dismiss(id);
            }
        }
    }

    /** @return number of guests, including former ones that still hold a thread */
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
            // A former member may have connected again before its link was dismissed.
            dismiss(from);
            return;
        }
        if (!links.containsKey(from)) {
            dismissGuestsThatHaveGone();
            if (guests() >= MAX_GUESTS) {
                if (guestLog.permits(System.nanoTime())) {
                    LOG.warnf(
                            "'%s' (%016x) is connected but not a known member; this node does not respond to it, because"
                                    + " %d other such nodes are connected",
                            name, from, MAX_GUESTS);
                }
                return;
            }
            if (guestLog.permits(System.nanoTime())) {
                LOG.infof(
                        "'%s' (%016x) is connected but not a known member; this node responds to it at %s",
                        name, from, address);
            }
        }
        connectTo(from, name, address);
    }

    /** Removes a guest that is no longer connected. */
    synchronized void takeLeave(long from) {
        if (!members.contains(from) && incomingSince(from) == 0) {
            dismiss(from);
        }
    }

    /** @return members and guests: all nodes to which frames can be sent */
    public Set<Long> peers() {
        return Set.copyOf(links.keySet());
    }

    /**
     * Sends without ever blocking, from any thread.
     *
     * @return false when the frame was dropped: the receiver is neither member nor guest or not connected, the queue is
     *     full, or the frame is too large. True promises no more than an attempt.
     */
    public boolean send(long to, Frame frame) {
        PeerLink link = links.get(to);
        return link != null && link.send(frame);
    }

    /**
     * Like {@link #send}, but the frame may wait for {@link #flush}, which must follow. Many small frames are then sent
     * together, and arrive together.
     */
    public boolean sendSoon(long to, Frame frame) {
        PeerLink link = links.get(to);
        return link != null && link.sendSoon(frame);
    }

    /** Sends the waiting frames. Never blocks. */
    public void flush() {
        links.values().forEach(PeerLink::flush);
    }

    /** @return statistics of a peer; all zero when it is neither member nor guest */
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

    /** Closes all connections and waits for their threads. The listener receives no events of this. */
    @Override
    public void close() {
        encryption.forget(newCertificates);
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
                LOG.warnf("thread %s did not end within 5 s", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    PeerEncryption encryption() {
        return encryption;
    }

    /** @return the member's name; null when no member has this id */
    String nameOf(long member) {
        return names.get(member);
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

    /** Ignores a guest's refusal: any process can be a guest, at any address. */
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

    /** Closes a member's connection to this node. */
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
