package io.raftgres.cli.local;

import io.raftgres.client.ClusterStatus;
import io.raftgres.client.ClusterStatus.Member;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Adds, removes and replaces nodes of a local cluster: the member in the replicated log, the process, its data and the
 * layout. Their order makes each command safe to repeat after it was interrupted at any point.
 */
public final class LocalMembers {

    /** Time limit of one change of the cluster, which may have to transfer leadership first. */
    private static final Duration CHANGE_TIMEOUT = Duration.ofSeconds(20);

    private static final int REMOVAL_ATTEMPTS = 3;
    private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(5);
    /** Time in which the other nodes must notice that a node has stopped, and have a leader. */
    private static final Duration NOTICE_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration POLL = Duration.ofMillis(100);
    private static final long SAY_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

    private final LocalCluster cluster;

    /** @param cluster reports the progress */
    public LocalMembers(LocalCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Adds the node with the next free number, and waits until it is a voter and serves.
     *
     * @param learner whether it stays a learner; then the method waits until it serves as a learner
     * @param timeout how long to wait; after that the node continues by itself
     */
    public NodeProcess add(boolean learner, NodeCommand command, Duration timeout) throws InterruptedException {
        try (var lock = cluster.data().lock()) {
            Layout before = cluster.layout();
            Layout.Origin origin = learner ? Layout.Origin.JOINED_AS_LEARNER : Layout.Origin.JOINED;
            int number = before.nextFree();
            Layout layout = before.with(new Layout.Node(number, origin));
            NodeProcess node = new NodeProcess(number, layout, cluster.data());
            node.requireFreePorts();
            try (RaftgresClient others = client(cluster.data(), layout, number)) {
                requireLeader(status(others));
                cluster.data().setAside(number).ifPresent(place -> cluster.say("  moved existing data to " + place));
                cluster.data().write(layout);
                node.start(command);
                awaitJoined(others, node, null, learner, timeout);
            }
            return node;
        }
    }

    /**
     * Removes the node's member from the cluster permanently, then stops its process.
     *
     * @param keepData whether to keep its data in the directory {@code old} instead of deleting it
     */
    public void remove(int number, boolean keepData) throws InterruptedException {
        try (var lock = cluster.data().lock()) {
            Layout layout = cluster.layout();
            NodeProcess node = cluster.node(number);
            try (RaftgresClient others = client(cluster.data(), layout, number)) {
                removeMember(others, node.name());
            }
            cluster.stop(node);
            if (keepData) {
                cluster.data().setAside(number).ifPresent(place -> cluster.say("  its data is kept in " + place));
            } else {
                cluster.data().remove(number);
                cluster.say("  its data is deleted");
            }
            // This comes last: as long as the layout has the node, the command can be repeated.
            cluster.data().write(layout.without(number));
        }
    }

    /** Repeats a removal whose response was lost. A member that is already removed counts as success. */
    private void removeMember(RaftgresClient others, String name) {
        for (int attempt = 1; ; attempt++) {
            try {
                Member removed = others.removeMember(name);
                cluster.say("  " + name + " (id " + removed.id() + ") is removed from the cluster");
                return;
            } catch (RaftgresException.MemberNotFound e) {
                cluster.say("  " + name + " was already removed from the cluster");
                return;
            } catch (RaftgresException.OutcomeUnknown e) {
                if (attempt == REMOVAL_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /**
     * Replaces a node that has lost its data or cannot run: it starts blank, as a member with a new id. Waits until it
     * is a voter or a learner, as it was before, and serves.
     *
     * @throws LocalClusterException also when the node serves: a node that serves must be stopped first
     */
    public NodeProcess replace(int number, NodeCommand command, Duration timeout) throws InterruptedException {
        try (var lock = cluster.data().lock()) {
            Layout before = cluster.layout();
            boolean learner = before.node(number).origin() == Layout.Origin.JOINED_AS_LEARNER;
            Layout layout = before.with(
                    new Layout.Node(number, learner ? Layout.Origin.JOINED_AS_LEARNER : Layout.Origin.JOINED));
            NodeProcess node = new NodeProcess(number, layout, cluster.data());
            try (RaftgresClient others = client(cluster.data(), layout, number)) {
                requireDispensable(others, node);
                cluster.stop(node);
                node.requireFreePorts();
                Optional<Member> lost = awaitGone(others, node.name());
                Member fresh = takePlace(others, node);
                // The ids are equal if an earlier call got this far and the member has never started.
                String lostId = lost.map(Member::id)
                        .filter(id -> !id.equals(fresh.id()))
                        .orElse(null);
                cluster.say("  " + node.name() + " has a new member id"
                        + (lostId == null ? "" : "; its old id " + lostId + " never comes back"));
                cluster.data().setAside(number).ifPresent(place -> cluster.say("  its old data is in " + place));
                cluster.data().write(layout);
                node.start(command);
                awaitJoined(others, node, lostId, learner, timeout);
            }
            return node;
        }
    }

    /** Refuses to stop a running node unless it does not serve and the others have a majority without it. */
    private void requireDispensable(RaftgresClient others, NodeProcess node) throws InterruptedException {
        if (!node.isRunning()) {
            return;
        }
        ClusterStatus status = status(others);
        requireLeader(status);
        long voters = status.members().stream().filter(Member::voter).count();
        long left = status.members().stream()
                .filter(member ->
                        member.voter() && member.isReachable() && !member.name().equals(node.name()))
                .count();
        if (left <= voters / 2) {
            throw new LocalClusterException("Without " + node.name() + ", " + left + " of " + voters
                    + " voters would be left, which is no majority. First start the nodes that are down.");
        }
        try (HttpClient http = LocalCluster.http(cluster.data())) {
            if (status.leader().name().equals(node.name()) || node.isReady(http)) {
                throw new LocalClusterException(node.name() + " runs and serves, so it needs no replacement. To"
                        + " replace it anyway, first stop it with 'raftgres node stop " + node.number() + "'.");
            }
        }
    }

    /** The leader may notice the stop a little later than the others. Until then it refuses the replacement. */
    private static Member takePlace(RaftgresClient others, NodeProcess node) throws InterruptedException {
        long deadline = System.nanoTime() + NOTICE_TIMEOUT.toNanos();
        while (true) {
            try {
                return others.addMember(node.name(), node.peerAddress(), node.url(), true)
                        .member();
            } catch (RaftgresException.Refused e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
            Thread.sleep(POLL);
        }
    }

    private static ClusterStatus status(RaftgresClient others) {
        return others.withTimeout(STATUS_TIMEOUT).cluster();
    }

    private static void requireLeader(ClusterStatus status) {
        if (status.leader() == null) {
            throw new LocalClusterException("The cluster has no leader: members can change only while a majority of"
                    + " the nodes runs. See 'raftgres status'.");
        }
    }

    /**
     * Waits until the other nodes have a leader among them and cannot reach this node.
     *
     * @return the node's former member; empty when the cluster has removed it
     */
    private static Optional<Member> awaitGone(RaftgresClient others, String name) throws InterruptedException {
        long deadline = System.nanoTime() + NOTICE_TIMEOUT.toNanos();
        while (true) {
            ClusterStatus status = status(others);
            Optional<Member> member = status.member(name);
            boolean gone = member.map(each -> !each.isReachable()).orElse(true);
            if (gone && status.leader() != null && !status.leader().name().equals(name)) {
                return member;
            }
            if (System.nanoTime() - deadline > 0) {
                requireLeader(status);
                throw new LocalClusterException(name + " is stopped, but the other nodes still reach its address."
                        + " Check whether another node runs at this address: see 'raftgres status'. The data of"
                        + " " + name + " is unchanged.");
            }
            Thread.sleep(POLL);
        }
    }

    /** @param formerId id of the member that it replaces; null for none */
    private void awaitJoined(
            RaftgresClient others, NodeProcess node, String formerId, boolean learner, Duration timeout)
            throws InterruptedException {
        long begun = System.nanoTime();
        String said = "";
        long saidAt = begun - SAY_EVERY_NANOS;
        while (true) {
            Optional<Member> member =
                    member(others, node).filter(each -> !each.id().equals(formerId));
            if (member.map(each -> each.voter() || learner && each.isReachable())
                    .orElse(false)) {
                break;
            }
            long now = System.nanoTime();
            if (!node.isRunning()) {
                throw new LocalClusterException(node.name() + " stopped while it joined. Start it again with"
                        + " 'raftgres node start " + node.number() + "', or remove it with 'raftgres node remove "
                        + node.number() + "'. " + node.logTail(LocalCluster.LOG_LINES));
            }
            if (now - begun > timeout.toNanos()) {
                throw new LocalClusterException(node.name() + " is not a " + (learner ? "learner" : "voter") + " after "
                        + LocalCluster.seconds(timeout.toMillis()) + ". It continues to join by itself; see 'raftgres"
                        + " status' and " + node.log() + ".");
            }
            String text = member.map(LocalMembers::progress).orElse("");
            if (!text.equals(said) && now - saidAt >= SAY_EVERY_NANOS) {
                cluster.say("  " + text);
                said = text;
                saidAt = now;
            }
            Thread.sleep(POLL);
        }
        long millis = (System.nanoTime() - begun) / 1_000_000;
        cluster.say("  " + node.name() + " is a " + (learner ? "learner" : "voter") + " after "
                + LocalCluster.seconds(millis));
        cluster.awaitReady(List.of(node), timeout);
    }

    private static String progress(Member member) {
        String what = member.name() + " is a learner, ";
        return switch (member.state()) {
            case "rebuilding" -> what + "loading a snapshot";
            default ->
                what
                        + (member.lag() == 0
                                ? "up to date"
                                : String.format(Locale.ROOT, "%,d entries behind", member.lag()));
        };
    }

    /**
     * Finds the member by its name, or by its address if 'etcdctl member add --learner' added it: such a member has no
     * name until it starts.
     *
     * @return empty also while no node answers; the caller tries again until its deadline
     */
    private static Optional<Member> member(RaftgresClient others, NodeProcess node) {
        try {
            ClusterStatus status = status(others);
            return status.member(node.name())
                    .or(() -> status.members().stream()
                            .filter(each -> each.peerAddress().equals(node.peerAddress()))
                            .findFirst());
        } catch (RaftgresException.NotDone e) {
            return Optional.empty();
        }
    }

    /** Returns a client of the other nodes: this node is stopping or not ready yet. */
    private static RaftgresClient client(LocalDataDirectory data, Layout layout, int number) {
        List<Integer> others = layout.others(number);
        if (others.isEmpty()) {
            throw new LocalClusterException(Layout.name(number) + " is the only node of this cluster, and the only"
                    + " one with its data. 'raftgres down' stops it; 'raftgres up --fresh' deletes its data and"
                    + " begins a new cluster.");
        }
        return LocalTls.in(data)
                .trust(RaftgresClient.builder())
                .endpoints(others.stream().map(layout::url).toList())
                .timeout(CHANGE_TIMEOUT)
                .build();
    }
}
