package io.raftgres.node.peer;

import org.jboss.logging.Logger;

/**
 * Reports a peer's reachability to the listener and the log: one line and one call for each change, although two
 * connections break when a process dies. Callbacks run under this object's lock, so that they come in order.
 */
final class Reachability {
    private static final Logger LOG = Logger.getLogger(PeerTransport.class);

    private enum State {
        UNKNOWN,
        REACHABLE,
        LOST
    }

    private final long peer;
    private final String name;
    private final PeerListener listener;
    private State state = State.UNKNOWN;
    private boolean outgoing;
    private volatile boolean ended;

    Reachability(long peer, String name, PeerListener listener) {
        this.peer = peer;
        this.name = name;
        this.listener = listener;
    }

    /** This node can send to the peer. */
    synchronized void outgoingUp() {
        outgoing = true;
        reachable();
    }

    /** This node can no longer send to the peer. */
    synchronized void outgoingDown(String reason) {
        if (outgoing && state == State.LOST && !ended) {
            notifyListener(() -> listener.undelivered(peer));
        }
        outgoing = false;
        lost(reason);
    }

    /**
     * The peer has connected to this node. This matters only when a loss was reported although this node can still
     * send.
     */
    synchronized void incomingUp() {
        if (outgoing) {
            reachable();
        }
    }

    synchronized void incomingDown(String reason) {
        lost(reason);
    }

    /** The peer has another address now: its previous state no longer counts. */
    synchronized void forget() {
        if (outgoing && !ended) {
            notifyListener(() -> listener.undelivered(peer));
        }
        outgoing = false;
        state = State.UNKNOWN;
    }

    /** No more calls begin. Takes no lock: the thread that removes a peer may hold a lock that a callback waits for. */
    void end() {
        ended = true;
    }

    private void reachable() {
        if (state != State.REACHABLE && !ended) {
            LOG.infof("peer %s (%016x) is connected", name, peer);
            state = State.REACHABLE;
            notifyListener(() -> listener.connected(peer));
        }
    }

    private void lost(String reason) {
        if (state != State.LOST && !ended) {
            LOG.warnf("peer %s (%016x) cannot be reached: %s", name, peer, reason);
            state = State.LOST;
            notifyListener(() -> listener.unreachable(peer));
        }
    }

    private void notifyListener(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.errorf(e, "the listener failed to handle an event of peer %s (%016x)", name, peer);
        }
    }
}
