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
 * Restarts every node of a local cluster, one at a time and the leader last, so that it goes on serving. The next one
 * is touched only when the one before serves and has caught up: at any time, a majority has everything.
 */
public final class RollingRestart {

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
    /** How soon the cluster must be found whole before a node is stopped. */
    private static final Duration WHOLE_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration POLL = Duration.ofMillis(100);
    /** Below this number of voters, a majority is all of them. */
    private static final int VOTERS_TO_SPARE_ONE = 3;

    private final LocalCluster cluster;

    /** @param cluster is told what happens */
    public RollingRestart(LocalCluster cluster) {
        this.cluster = cluster;
    }

    /**
     * @param timeout for each node, to serve again and to catch up
     * @throws LocalClusterException the cluster is not whole, or a node does not come back; no further one is touched
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
                + (layout.nodes().size() == 1 ? "" : "; " + status.leader().name() + " leads and comes last"));
        if (status.members().stream().filter(Member::voter).count() < VOTERS_TO_SPARE_ONE) {
            cluster.say("  writes wait while a voter restarts: fewer than " + VOTERS_TO_SPARE_ONE
                    + " have no majority without it");
        }
    }

    /** @return the lowest number that does not lead; the leader when it alone is left */
    private static int next(List<Integer> left, String leader) {
        return left.stream()
                .filter(number -> !Layout.name(number).equals(leader))
                .findFirst()
                .orElse(left.getFirst());
    }

    private void restart(Layout layout, int number, NodeCommand command, Duration timeout) throws InterruptedException {
        NodeProcess node = cluster.node(number);
        // A node that leads hands over in its own orderly stop.
        cluster.stop(node);
        node.start(command);
        cluster.awaitReady(List.of(node), timeout);
        try (RaftgresClient others = client(layout, number)) {
            awaitCaughtUp(others, node, timeout);
        }
    }

    /** Waits for all that was committed when the node served again: a fixed mark, so that new writes do not move it. */
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
                throw new LocalClusterException(node.name() + " stopped again; no further node is restarted. "
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

    /** @return the status, with a leader, in which all nodes of the layout are as they should be */
    private ClusterStatus awaitWhole(Layout layout) throws InterruptedException {
        long deadline = System.nanoTime() + WHOLE_TIMEOUT.toNanos();
        try (RaftgresClient all = client(layout, 0)) {
            while (true) {
                Optional<String> down = down(layout);
                Optional<ClusterStatus> status = down.isPresent() ? Optional.empty() : status(all);
                Optional<String> trouble = status.isPresent()
                        ? trouble(status.get(), layout)
                        : Optional.of(down.orElse("no node answers"));
                if (trouble.isEmpty()) {
                    return status.orElseThrow();
                }
                // A node that is down stays down; all else may be about to pass.
                if (down.isPresent() || System.nanoTime() - deadline > 0) {
                    throw new LocalClusterException("No further node is restarted: " + trouble.get()
                            + ". Another one less could leave no majority.");
                }
                Thread.sleep(POLL);
            }
        }
    }

    /** @return which node is down; empty when all run */
    private Optional<String> down(Layout layout) {
        return layout.numbers().stream()
                .map(cluster::node)
                .filter(node -> !node.isRunning())
                .findFirst()
                .map(node -> node.name() + " is down ('raftgres node start " + node.number() + "')");
    }

    /** @return what is wrong; empty when the cluster is whole */
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
        // Older nodes do not tell a state.
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

    /** @param but the others are asked, if there are any */
    private static RaftgresClient client(Layout layout, int but) {
        List<Integer> asked = layout.others(but).isEmpty() ? layout.numbers() : layout.others(but);
        return RaftgresClient.builder()
                .endpoints(asked.stream().map(layout::url).toList())
                .timeout(REQUEST_TIMEOUT)
                .build();
    }
}
