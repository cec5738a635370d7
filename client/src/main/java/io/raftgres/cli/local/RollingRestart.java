package io.raftgres.cli.local;

import io.raftgres.client.ClusterStatus;
import io.raftgres.client.ClusterStatus.Member;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Restarts every node of a local cluster, one at a time and the leader last, so that the cluster continues to serve. A
 * node is restarted only when the node before serves and has caught up: so a majority always has all data.
 */
public final class RollingRestart {

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
    /** Time in which the cluster must become complete before a node is stopped. */
    private static final Duration WHOLE_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration POLL = Duration.ofMillis(100);
    /** With fewer voters than this, all of them are needed for a majority. */
    private static final int VOTERS_TO_SPARE_ONE = 3;

    private final LocalCluster cluster;

    /** @param cluster reports the progress */
    public RollingRestart(LocalCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * @param timeout time limit for each node to serve again and catch up
     * @throws LocalClusterException when the cluster is not complete, or a node does not serve again; no further node
     *     is restarted
     */
    public void run(NodeCommand command, Duration timeout) throws InterruptedException {
        try (var lock = cluster.data().lock()) {
            Layout layout = cluster.layout();
            List<Integer> left = new ArrayList<>(layout.numbers());
            long begun = System.nanoTime();
            while (!left.isEmpty()) {
                ClusterStatus status = awaitWhole(layout);
                if (left.size() == layout.nodes().size()) {
                    announce(status, layout);
                }
                int next = next(left, status.leader().name());
                restart(layout, next, command, timeout);
                left.remove(Integer.valueOf(next));
            }
            long millis = (System.nanoTime() - begun) / 1_000_000;
            cluster.say("Restarted " + layout.describeNodes() + " in " + LocalCluster.seconds(millis));
        }
    }

    private void announce(ClusterStatus status, Layout layout) {
        cluster.say("Restarting " + layout.describeNodes() + ", one at a time"
                + (layout.nodes().size() == 1 ? "" : "; " + status.leader().name() + " is the leader and comes last"));
        if (status.members().stream().filter(Member::voter).count() < VOTERS_TO_SPARE_ONE) {
            cluster.say("  writes wait while a voter restarts: fewer than " + VOTERS_TO_SPARE_ONE
                    + " voters have no majority without one of them");
        }
    }

    /** @return the lowest number of a node that is not the leader; the leader's if only the leader is left */
    private static int next(List<Integer> left, String leader) {
        return left.stream()
                .filter(number -> !Layout.name(number).equals(leader))
                .findFirst()
                .orElse(left.getFirst());
    }

    private void restart(Layout layout, int number, NodeCommand command, Duration timeout) throws InterruptedException {
        NodeProcess node = cluster.node(number);
        // A leader transfers its leadership during its clean stop.
        cluster.stop(node);
        node.start(command);
        cluster.awaitReady(List.of(node), timeout);
        try (RaftgresClient others = client(cluster.data(), layout, number)) {
            awaitCaughtUp(others, node, timeout);
        }
    }

    /**
     * Waits until the node has applied every entry that was committed when it served again. New writes do not move this
     * index.
     */
    private void awaitCaughtUp(RaftgresClient others, NodeProcess node, Duration timeout) throws InterruptedException {
        long begun = System.nanoTime();
        Long mark = null;
        while (true) {
            Optional<ClusterStatus> status = status(others);
            if (mark == null) {
                mark = status.flatMap(ClusterStatus::leaderMember)
                        .map(Member::commitIndex)
                        .orElse(null);
            }
            Optional<Member> member = status.flatMap(each -> each.member(node.name()));
            if (mark != null
                    && member.isPresent()
                    && serves(member.get())
                    && member.get().appliedIndex() >= mark) {
                return;
            }
            long millis = (System.nanoTime() - begun) / 1_000_000;
            if (!node.isRunning()) {
                throw new LocalClusterException(node.name() + " stopped again, so no further node is restarted. "
                        + node.logTail(LocalCluster.LOG_LINES));
            }
            if (millis > timeout.toMillis()) {
                throw new LocalClusterException(node.name() + " serves, but has not caught up after "
                        + LocalCluster.seconds(timeout.toMillis()) + "; no further node is restarted."
                        + " See 'raftgres status'.");
            }
            Thread.sleep(POLL);
        }
    }

    /** @return a status with a leader, in which all nodes of the layout are members that serve */
    private ClusterStatus awaitWhole(Layout layout) throws InterruptedException {
        long deadline = System.nanoTime() + WHOLE_TIMEOUT.toNanos();
        try (RaftgresClient all = client(cluster.data(), layout, 0)) {
            while (true) {
                Optional<String> down = down(layout);
                Optional<ClusterStatus> status = down.isPresent() ? Optional.empty() : status(all);
                Optional<String> trouble = status.isPresent()
                        ? trouble(status.get(), layout)
                        : Optional.of(down.orElse("no node answers"));
                if (trouble.isEmpty()) {
                    return status.orElseThrow();
                }
                // A node that is down stays down; any other problem may pass by itself.
                if (down.isPresent() || System.nanoTime() - deadline > 0) {
                    throw new LocalClusterException("No further node is restarted: " + trouble.get()
                            + ". Without another node the cluster could lose its majority.");
                }
                Thread.sleep(POLL);
            }
        }
    }

    /** @return the first node that is down; empty when all run */
    private Optional<String> down(Layout layout) {
        return layout.numbers().stream()
                .map(cluster::node)
                .filter(node -> !node.isRunning())
                .findFirst()
                .map(node -> node.name() + " is down ('raftgres node start " + node.number() + "')");
    }

    /** @return the first problem; empty when the cluster is complete */
    private static Optional<String> trouble(ClusterStatus status, Layout layout) {
        if (status.leader() == null) {
            return Optional.of("there is no leader");
        }
        for (int number : layout.numbers()) {
            Optional<Member> member = status.member(Layout.name(number));
            if (member.isEmpty()) {
                return Optional.of(Layout.name(number) + " is not a member ('raftgres node remove " + number + "')");
            }
            if (!serves(member.get())) {
                return Optional.of(member.get().name() + " is "
                        + (member.get().isReachable() ? member.get().state() : "unreachable"));
            }
        }
        return Optional.empty();
    }

    private static boolean serves(Member member) {
        // Nodes of older releases do not report a state.
        return member.isReachable()
                && (member.state().isEmpty() || member.state().equals("serving"));
    }

    private static Optional<ClusterStatus> status(RaftgresClient client) {
        try {
            return Optional.of(client.cluster());
        } catch (RaftgresException.NotDone e) {
            return Optional.empty();
        }
    }

    /** @param but number of the node that is not asked, if there are others */
    private static RaftgresClient client(LocalDataDirectory data, Layout layout, int but) {
        List<Integer> asked = layout.others(but).isEmpty() ? layout.numbers() : layout.others(but);
        return LocalTls.in(data)
                .trust(RaftgresClient.builder())
                .endpoints(asked.stream().map(layout::url).toList())
                .timeout(REQUEST_TIMEOUT)
                .build();
    }
}
