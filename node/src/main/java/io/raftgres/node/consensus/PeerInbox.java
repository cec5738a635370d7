package io.raftgres.node.consensus;

import io.raftgres.node.log.LogWriter;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.Introduction;
import io.raftgres.node.peer.PeerListener;
import io.raftgres.node.peer.Reception;
import io.raftgres.raft.Entry;
import io.raftgres.raft.Message;
import java.util.List;
import org.jboss.logging.Logger;

/** Takes the peers' frames and connections: gives each to the thread or listener that it is for. */
final class PeerInbox implements PeerListener {

    private static final Logger LOG = Logger.getLogger(PeerInbox.class);

    private final RaftThread raft;
    private final LogWriter logWriter;
    private final Replica replica;
    private final Consensus.Owner owner;
    private final List<ConsensusListener> listeners;
    private final ConsensusMeters meters;

    /**
     * @param replica null for a member without state
     * @param listeners may grow later
     */
    PeerInbox(
            RaftThread raft,
            LogWriter logWriter,
            Replica replica,
            Consensus.Owner owner,
            List<ConsensusListener> listeners,
            ConsensusMeters meters) {
        this.raft = raft;
        this.logWriter = logWriter;
        this.replica = replica;
        this.owner = owner;
        this.listeners = listeners;
        this.meters = meters;
    }

    @Override
    public void received(long from, Frame frame) {
        try {
            take(from, frame);
        } catch (IllegalArgumentException e) {
            LOG.warnf("dropped a message of %s: %s", raft.view().nameOf(from), e.getMessage());
        }
    }

    private void take(long from, Frame frame) {
        switch (frame) {
            case Frame.Raft message -> {
                if (!hasRoomFor(message.message()) || !raft.received(from, message.message(), this::isMember)) {
                    meters.dropped();
                }
            }
            case Frame.ForwardRequest request -> listeners.forEach(listener -> listener.received(from, request));
            case Frame.ForwardResponse response -> listeners.forEach(listener -> listener.received(response));
            case Frame.AdminRequest request -> listeners.forEach(listener -> listener.received(from, request));
            case Frame.AdminResponse response -> listeners.forEach(listener -> listener.received(response));
            case Frame.SnapshotRequest request -> listeners.forEach(listener -> listener.received(from, request));
            case Frame.SnapshotResponse response -> listeners.forEach(listener -> listener.received(from, response));
            case Frame.LeaseRequest request -> listeners.forEach(listener -> listener.received(from, request));
            case Frame.LeaseResponse response -> listeners.forEach(listener -> listener.received(response));
            case Frame.NodeStatus status -> listeners.forEach(listener -> listener.received(from, status));
        }
    }

    /**
     * The log has no room for these entries now. The node treats them as lost in transit; the leader sends them
     * again.
     */
    private boolean hasRoomFor(Message message) {
        return !(message instanceof Message.AppendRequest append)
                || append.entries().isEmpty()
                || logWriter.accepts(bytes(append));
    }

    private static long bytes(Message.AppendRequest append) {
        long bytes = 0;
        for (Entry entry : append.entries()) {
            bytes += entry.sizeBytes();
        }
        return bytes;
    }

    @Override
    public Reception receive(long from, Introduction introduction) {
        if (!isMember(from)) {
            return Reception.OF_A_STRANGER;
        }
        ConsensusView view = raft.view();
        String objection = owner.connecting(from, introduction, view.membership());
        return objection == null
                ? new Reception(true, owner.remembers(from, introduction.incarnation()), view.isBlank(), null)
                : Reception.refused(objection);
    }

    private boolean isMember(long id) {
        ConsensusView view = raft.view();
        return view.membership().contains(id) || view.committedMembership().contains(id);
    }

    @Override
    public String removed(long from) {
        return raft.view().committedMembership().removed().contains(from)
                ? "member " + Long.toHexString(from) + " was permanently removed from the cluster"
                : null;
    }

    @Override
    public boolean olderReleasesEnd() {
        return replica != null && replica.applier().progress().state().clusterVersion() > 0;
    }

    @Override
    public boolean hasBegun() {
        return raft.view().vouched();
    }

    @Override
    public void vouched(long peer, boolean blank) {
        raft.vouched(peer, blank);
    }

    @Override
    public void weAreKnownWithAnotherLog(String reason) {
        if (!raft.view().vouched()) {
            owner.knownWithAnotherLog(reason);
        }
    }

    @Override
    public void weAreRemoved(String reason) {
        owner.removed(reason);
    }

    @Override
    public void unreachable(long member) {
        raft.unreachable(member);
        listeners.forEach(listener -> listener.unreachable(member));
    }

    @Override
    public void undelivered(long member) {
        listeners.forEach(listener -> listener.unreachable(member));
    }
}
