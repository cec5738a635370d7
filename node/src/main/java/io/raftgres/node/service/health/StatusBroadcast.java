package io.raftgres.node.service.health;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.raftgres.node.config.MemberRules;
import io.raftgres.node.consensus.Consensus;
import io.raftgres.node.consensus.ConsensusView;
import io.raftgres.node.consensus.RaftThread;
import io.raftgres.node.consensus.Replica;
import io.raftgres.node.kv.ClusterVersion;
import io.raftgres.node.kv.MachineState;
import io.raftgres.node.kv.Printable;
import io.raftgres.node.peer.Frame;
import io.raftgres.node.peer.PeerTransport;
import io.raftgres.node.service.health.ClusterView.Leader;
import io.raftgres.node.service.health.ClusterView.MemberView;
import io.raftgres.raft.Member;
import io.raftgres.raft.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** Sends this member's report to all others twice a second, and keeps the latest report of each of them. */
public final class StatusBroadcast {

    public static final long TELL_MILLIS = 500;

    /** State of a member that answers reads and writes. */
    public static final String SERVING = "serving";

    /** State of a member whose data is lost or wrong, and comes from the others. */
    public static final String REBUILDING = "rebuilding";

    private static final String UNREACHABLE = "unreachable";
    private static final long UNREACHABLE_MILLIS = 3_000;
    private static final int CHECKPOINTS_SENT = 32;
    private static final ObjectMapper JSON =
            new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

    private record Heard(NodeReport report, long atNanos) {
        long ageMillis() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - atNanos);
        }
    }

    private final long clusterId;
    private final long self;
    private final String version;
    private final RaftThread raft;
    private final Replica replica;
    private final PeerTransport peers;
    private final Alarms alarms;
    private final Supplier<Set<Long>> known;
    private final String name;
    private final int etcdPort;
    private final AtomicLong leaderChanges = new AtomicLong();
    private final Map<Long, Heard> heard = new ConcurrentHashMap<>();

    /**
     * @param known members that have ever connected to this one
     * @param name this member's name in its configuration
     * @param etcdPort port of its etcd API; 0 when unknown
     */
    public StatusBroadcast(
            long clusterId,
            long self,
            String version,
            Consensus consensus,
            Alarms alarms,
            Supplier<Set<Long>> known,
            String name,
            int etcdPort) {
        this.clusterId = clusterId;
        this.self = self;
        this.version = version;
        this.raft = consensus.raft();
        this.replica = consensus.replica();
        this.peers = consensus.peers();
        this.alarms = alarms;
        this.known = known;
        this.name = name;
        this.etcdPort = etcdPort;
    }

    public static String hex(long id) {
        return HexFormat.of().toHexDigits(id);
    }

    /** Sends this node's report to the others, also to nodes that it does not know as members yet. */
    public void broadcast() {
        ConsensusView view = raft.view();
        byte[] payload;
        try {
            payload = JSON.writeValueAsBytes(own(view));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report could not be written as JSON", e);
        }
        for (long other : peers.peers()) {
            peers.send(other, new Frame.NodeStatus(payload));
        }
    }

    public void received(long from, Frame.NodeStatus frame) {
        try {
            NodeReport report = JSON.readValue(frame.payload(), NodeReport.class);
            if (report == null) {
                throw new IllegalArgumentException("the member's report is empty");
            }
            // Values that are compared later are checked now, while the report can still be refused.
            HashComparison.hashes(report);
            heard.put(from, new Heard(report, System.nanoTime()));
        } catch (IOException e) {
            throw new IllegalArgumentException("the member's report is not valid JSON", e);
        }
        if (heard.size() > 2 * MAX_HEARD) {
            Set<Long> members = members(raft.view());
            heard.keySet().removeIf(id -> !members.contains(id));
        }
    }

    private static final int MAX_HEARD = 64;

    public NodePosition position() {
        long revision = (replica == null
                        ? MachineState.EMPTY
                        : replica.applier().progress().state())
                .revision();
        return new NodePosition(clusterId, self, raft.view().term(), revision);
    }

    public void leaderCame() {
        leaderChanges.incrementAndGet();
    }

    /** @return number of leader changes since this node started */
    public long leaderChanges() {
        return leaderChanges.get();
    }

    public boolean hasLeader() {
        return raft.view().leader() != Member.NONE;
    }

    public ClusterView view() {
        ConsensusView view = raft.view();
        List<MemberView> members = new ArrayList<>();
        for (Member member : view.membership().members()) {
            members.add(viewOf(member));
        }
        members.sort(Comparator.comparing(MemberView::name));
        Leader leader = view.membership()
                .member(view.leader())
                .map(member -> new Leader(hex(member.id()), Printable.of(member.name())))
                .orElse(null);
        return new ClusterView(
                hex(clusterId),
                hex(self),
                view.term(),
                leader,
                members,
                LongStream.concat(
                                known.get().stream().mapToLong(Long::longValue),
                                view.committedMembership().removed().stream().mapToLong(Long::longValue))
                        .distinct()
                        .mapToObj(StatusBroadcast::hex)
                        .sorted()
                        .toList(),
                clusterVersion());
    }

    /** @return the cluster version as applied here; 0 for a member without state */
    private int clusterVersion() {
        return replica == null ? 0 : replica.applier().progress().state().clusterVersion();
    }

    /** @return whether the member is connected and has reported recently */
    public boolean isConnected(long member) {
        Heard last = heard.get(member);
        return member == self
                || last != null
                        && last.ageMillis() <= UNREACHABLE_MILLIS
                        && peers.stats(member).connected();
    }

    /** @return the member's last report; empty when there is none or it is too old */
    public Optional<NodeReport> report(long member) {
        return member == self
                ? Optional.of(own(raft.view()))
                : isConnected(member) ? Optional.of(heard.get(member).report()) : Optional.empty();
    }

    /** @return the other members, including the leader, which this member may not know as a member yet */
    private Set<Long> members(ConsensusView view) {
        Set<Long> members = new HashSet<>(Set.of(view.leader()));
        view.membership().members().forEach(member -> members.add(member.id()));
        members.removeAll(Set.of(self, Member.NONE));
        return members;
    }

    /** @return the largest commit index that another member reported recently; 0 when none did */
    long othersCommitIndex() {
        return members(raft.view()).stream()
                .map(heard::get)
                .filter(last -> last != null && last.ageMillis() <= UNREACHABLE_MILLIS)
                .mapToLong(last -> last.report().commitIndex())
                .max()
                .orElse(0);
    }

    /** @return members that can send a snapshot: members that serve, followers before the leader, the furthest first */
    public List<Long> sources() {
        ConsensusView view = raft.view();
        record Source(long id, boolean leads, long stored) {}
        return members(view).stream()
                .flatMap(member -> report(member).stream()
                        .filter(report -> report.state().equals(SERVING) && isWell(report))
                        .map(report -> new Source(member, member == view.leader(), report.storedIndex())))
                .sorted(Comparator.comparing(Source::leads).thenComparing(Source::stored, Comparator.reverseOrder()))
                .map(Source::id)
                .toList();
    }

    /** Whether a member has no alarm about itself: lost-entries is a leader's alarm about another member. */
    private static boolean isWell(NodeReport report) {
        return report.alarms().stream().allMatch(Alarm.LOST_ENTRIES.text()::equals);
    }

    private NodeReport own(ConsensusView view) {
        MachineState state = replica == null
                ? MachineState.EMPTY
                : replica.applier().progress().state();
        Map<String, String> checkpoints = new HashMap<>();
        if (replica != null) {
            replica.checkpoints()
                    .latest(CHECKPOINTS_SENT)
                    .forEach((index, hash) -> checkpoints.put(Long.toString(index), hex(hash)));
        }
        Map<String, Long> matches = new HashMap<>();
        view.matches().forEach((member, match) -> matches.put(hex(member), match));
        return new NodeReport(
                roleName(view.role()),
                view.term(),
                view.commitIndex(),
                view.lastIndex(),
                state.index(),
                replica == null ? 0 : replica.storeWriter().storedIndex(),
                state.revision(),
                state.compactedRevision(),
                hex(state.hash()),
                state.index(),
                version,
                replica == null ? REBUILDING : SERVING,
                alarms.texts(),
                checkpoints,
                matches,
                name,
                etcdAddress(view),
                ClusterVersion.LATEST,
                view.lastTerm(),
                replica != null && replica.auth().state().enabled());
    }

    /** @return whether a member has reported that users are checked */
    public boolean usersChecked() {
        return heard.values().stream().anyMatch(each -> each.report().usersChecked());
    }

    /** Host and scheme are those of the REST address for clients, which the log contains. */
    private String etcdAddress(ConsensusView view) {
        Optional<String> address = view.membership().member(self).map(Member::clientAddress);
        Optional<String> host = address.map(MemberRules::host);
        return etcdPort == 0 || host.isEmpty()
                ? ""
                : (address.get().startsWith("https:") ? "https://" : "http://") + host.get() + ":" + etcdPort;
    }

    private static String roleName(Role role) {
        return switch (role) {
            case LEADER, FOLLOWER, LEARNER -> role.name().toLowerCase(Locale.ROOT);
            case PRE_CANDIDATE, CANDIDATE -> "candidate";
        };
    }

    public MemberView viewOf(Member member) {
        boolean connected = isConnected(member.id());
        Heard last = heard.get(member.id());
        NodeReport report = member.id() == self ? own(raft.view()) : last == null ? null : last.report();
        long ageMillis = member.id() == self || last == null ? 0 : last.ageMillis();
        if (report == null) {
            report = new NodeReport(
                    null, 0, 0, 0, 0, 0, 0, 0, null, 0, null, UNREACHABLE, null, null, null, null, null, 0, 0, false);
        }
        long match = matchOf(member.id());
        return new MemberView(
                hex(member.id()),
                Printable.of(member.name()),
                connected ? report.role() : UNREACHABLE,
                member.voter(),
                Printable.of(member.peerAddress()),
                Printable.of(member.clientAddress()),
                report.term(),
                report.lastTerm(),
                report.lastIndex(),
                report.commitIndex(),
                report.appliedIndex(),
                report.storedIndex(),
                report.revision(),
                report.hash(),
                report.hashIndex(),
                report.version(),
                ageMillis,
                match,
                Math.max(0, leadersLastIndex() - match),
                connected ? report.state() : UNREACHABLE,
                report.alarms(),
                report.name(),
                report.etcdAddress());
    }

    private Optional<NodeReport> leader() {
        long leader = raft.view().leader();
        return leader == Member.NONE ? Optional.empty() : report(leader);
    }

    private long matchOf(long member) {
        return leader().map(report -> report.matches().getOrDefault(hex(member), 0L))
                .orElse(0L);
    }

    private long leadersLastIndex() {
        return leader().map(NodeReport::lastIndex).orElse(0L);
    }

    /** The core knows members by id; messages for people use their names. */
    public String named(String text) {
        String named = text;
        for (Member member : raft.view().membership().members()) {
            named = named.replace(Long.toHexString(member.id()), member.name());
        }
        return named;
    }
}
