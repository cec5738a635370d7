package io.raftgres.node.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.node.consensus.Applier;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.consensus.StoreWriter;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.service.ClusterView.Leader;
import io.raftgres.node.service.ClusterView.MemberView;
import io.raftgres.raft.Member;
import io.raftgres.raft.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What every member says of itself, told to all others twice a second; nothing relies on it but people and dashboards. */
final class ClusterStatus {

    static final long TELL_MILLIS = 500;
    private static final long UNREACHABLE_MILLIS = 3_000;
    private static final ObjectMapper JSON =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    private record Heard(MemberView view, long atNanos) {}

    private final long clusterId;
    private final long self;
    private final String version;
    private final RaftThread raft;
    private final Applier applier;
    private final StoreWriter storeWriter;
    private final PeerTransport peers;
    private final Map<Long, Heard> heard = new ConcurrentHashMap<>();

    ClusterStatus(
            long clusterId,
            long self,
            String version,
            RaftThread raft,
            Applier applier,
            StoreWriter storeWriter,
            PeerTransport peers) {
        this.clusterId = clusterId;
        this.self = self;
        this.version = version;
        this.raft = raft;
        this.applier = applier;
        this.storeWriter = storeWriter;
        this.peers = peers;
    }

    static String hex(long id) {
        return HexFormat.of().toHexDigits(id);
    }

    /** Tells the others how this node is. */
    void tell() {
        ConsensusView view = raft.view();
        view.membership().member(self).ifPresent(member -> {
            byte[] payload;
            try {
                payload = JSON.writeValueAsBytes(own(view, member));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("a record became no JSON", e);
            }
            for (Member other : view.membership().members()) {
                if (other.id() != self) {
                    peers.send(other.id(), new Frame.NodeStatus(payload));
                }
            }
        });
    }

    void received(long from, Frame.NodeStatus frame) {
        try {
            heard.put(from, new Heard(JSON.readValue(frame.payload(), MemberView.class), System.nanoTime()));
        } catch (IOException e) {
            throw new IllegalArgumentException("status that is no JSON of ours", e);
        }
    }

    ClusterView view() {
        ConsensusView view = raft.view();
        List<MemberView> members = new ArrayList<>();
        for (Member member : view.membership().members()) {
            members.add(member.id() == self ? own(view, member) : other(member));
        }
        members.sort(Comparator.comparing(MemberView::name));
        Leader leader = view.membership().member(view.leader())
                .map(member -> new Leader(hex(member.id()), member.name())).orElse(null);
        return new ClusterView(hex(clusterId), hex(self), view.term(), leader, members);
    }

    private MemberView own(ConsensusView view, Member member) {
        MachineState state = applier.progress().state();
        return new MemberView(hex(member.id()), member.name(), roleName(view.role()), member.voter(),
                member.peerAddress(), member.clientAddress(), view.term(), view.commitIndex(), state.index(),
                storeWriter.storedIndex(), state.revision(), hex(state.hash()), state.index(), version, 0);
    }

    private static String roleName(Role role) {
        return switch (role) {
            case LEADER, FOLLOWER, LEARNER -> role.name().toLowerCase(Locale.ROOT);
            case PRE_CANDIDATE, CANDIDATE -> "candidate";
        };
    }

    private MemberView other(Member member) {
        Heard last = heard.get(member.id());
        if (last == null) {
            return new MemberView(hex(member.id()), member.name(), "unreachable", member.voter(), member.peerAddress(),
                    member.clientAddress(), 0, 0, 0, 0, 0, hex(0), 0, "", 0);
        }
        MemberView told = last.view();
        long ageMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last.atNanos());
        boolean reachable = ageMillis <= UNREACHABLE_MILLIS && peers.stats(member.id()).connected();
        return new MemberView(hex(member.id()), member.name(), reachable ? told.role() : "unreachable", member.voter(), member.peerAddress(),
                member.clientAddress(), told.term(), told.commitIndex(), told.appliedIndex(), told.storedIndex(),
                told.revision(), told.hash(), told.hashIndex(), told.version(), ageMillis);
    }
}
