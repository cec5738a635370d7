package io.raftgres.cli.local;

import io.raftgres.client.RaftgresClient;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Starts and stops the nodes of one data directory. It holds no state: every method reads the directory and the
 * processes, so any number of commands can work on one cluster, one after the other.
 */
public final class LocalCluster {

    /** Long enough for the first start of several PostgreSQL servers on a slow machine. */
    static final Duration READY_TIMEOUT = Duration.ofSeconds(120);

    private static final Duration POLL = Duration.ofMillis(100);
    static final int LOG_LINES = 20;

    private final LocalDataDirectory data;
    private final Consumer<String> progress;

    private LocalCluster(LocalDataDirectory data, Consumer<String> progress) {
        this.data = data;
        this.progress = progress;
    }

    /**
     * @param progress receives a line for each thing that happens
     * @throws LocalClusterException when the directory holds no cluster
     */
    public static LocalCluster open(LocalDataDirectory data, Consumer<String> progress) {
        LocalCluster cluster = new LocalCluster(data, progress);
        cluster.layout();
        return cluster;
    }

    public LocalDataDirectory data() {
        return data;
    }

    /** @return the current layout: nodes may be added and removed */
    public Layout layout() {
        return data.layout()
                .orElseThrow(() -> new LocalClusterException("There is no cluster in " + data.root()
                        + ". Start one with 'raftgres up', or name the cluster's data directory: --data DIR."));
    }

    /** @return the current nodes */
    public List<NodeProcess> nodes() {
        return nodes(layout());
    }

    private List<NodeProcess> nodes(Layout layout) {
        return layout.numbers().stream()
                .map(n -> new NodeProcess(n, layout, data))
                .toList();
    }

    /** @throws LocalClusterException when there is no such node */
    public NodeProcess node(int number) {
        Layout layout = layout();
        return new NodeProcess(layout.node(number).number(), layout, data);
    }

    void say(String line) {
        progress.accept(line);
    }

    /**
     * Starts every node and waits until all serve. If a node does not serve in time, it stops all of them.
     *
     * @param wanted the requested layout; its node and port numbers must match existing data
     * @param fresh whether to delete existing data first
     */
    public static LocalCluster up(
            LocalDataDirectory data, Layout wanted, boolean fresh, NodeCommand command, Consumer<String> progress)
            throws InterruptedException {
        data.requireOursOrEmpty();
        try (var lock = data.lock()) {
            LocalCluster cluster = new LocalCluster(data, progress);
            if (data.layout().isPresent()) {
                cluster.requireDown();
            }
            if (fresh) {
                stopLeftovers(data, progress);
                data.clear();
            }
            Layout layout =
                    data.layout().map(there -> adopt(data, there, wanted)).orElse(wanted);
            List<NodeProcess> nodes = cluster.nodes(layout);
            nodes.forEach(NodeProcess::requireFreePorts);
            data.write(layout);
            progress.accept(
                    "Starting " + nodes.size() + (nodes.size() == 1 ? " node" : " nodes") + ", data in " + data.root());
            cluster.startAll(nodes, command);
            return cluster;
        }
    }

    /**
     * Makes the data of a new cluster of one node from a snapshot. The node's output goes to the progress.
     *
     * @throws LocalClusterException when the directory is not empty, or the restore failed: the output gives the reason
     */
    public static void restore(
            LocalDataDirectory data, Layout wanted, Path file, NodeCommand command, Consumer<String> progress)
            throws InterruptedException {
        data.requireOursOrEmpty();
        try (var lock = data.lock()) {
            if (data.layout().isPresent()) {
                throw new LocalClusterException(data.root() + " holds a cluster already. A snapshot can only be"
                        + " restored into a new directory: name one with --data DIR.");
            }
            NodeProcess node = new NodeProcess(1, wanted, data);
            node.requireFreePorts();
            data.write(wanted);
            if (node.run(command.restoring(file), progress) != 0) {
                data.clear();
                throw new LocalClusterException("The snapshot was not restored; the lines above give the reason.");
            }
            progress.accept("");
            progress.accept("Start it with 'raftgres up --data " + data.root() + "', and add nodes with 'raftgres node"
                    + " add'.");
        }
    }

    private static void stopLeftovers(LocalDataDirectory data, Consumer<String> progress) throws InterruptedException {
        if (data.layout().isPresent()) {
            for (NodeProcess node : open(data, progress).nodes()) {
                node.stop();
            }
        }
    }

    /**
     * @return the existing layout with the ports that may change; the replicated log records the members and their
     *     addresses
     */
    private static Layout adopt(LocalDataDirectory data, Layout there, Layout wanted) {
        if (there.nodes().size() != wanted.nodes().size()
                || there.httpPort() != wanted.httpPort()
                || there.peerPort() != wanted.peerPort()) {
            throw new LocalClusterException(data.root() + " holds a cluster of "
                    + there.nodes().size()
                    + " nodes with REST ports from " + there.httpPort() + " and peer ports from " + there.peerPort()
                    + ", not of " + wanted.nodes().size() + " nodes from " + wanted.httpPort() + " and "
                    + wanted.peerPort() + ". Omit these options ('raftgres node add' and 'node remove' change the"
                    + " number of nodes), name another directory with --data DIR, or delete the old data with"
                    + " --fresh.");
        }
        if (there.tls() != wanted.tls()) {
            throw new LocalClusterException(data.root() + " holds a cluster without TLS. Name another directory with"
                    + " --data DIR, or delete the old data with --fresh.");
        }
        return there.withPortsOf(wanted);
    }

    private void requireDown() {
        List<NodeProcess> nodes = nodes();
        List<String> running = nodes.stream()
                .filter(NodeProcess::isRunning)
                .map(NodeProcess::name)
                .toList();
        if (running.size() == nodes.size()) {
            throw new LocalClusterException("The cluster in " + data.root() + " is already up. See 'raftgres status',"
                    + " or stop it with 'raftgres down'.");
        }
        if (!running.isEmpty()) {
            throw new LocalClusterException(
                    "In the cluster in " + data.root() + ", " + String.join(" and" + " ", running) + " already "
                            + (running.size() == 1 ? "runs" : "run") + ". Start the other nodes"
                            + " with 'raftgres node start N', or stop the cluster with 'raftgres down'.");
        }
    }

    private void startAll(List<NodeProcess> nodes, NodeCommand command) throws InterruptedException {
        boolean served = false;
        try {
            for (NodeProcess node : nodes) {
                node.start(command);
            }
            awaitReady(nodes, READY_TIMEOUT);
            served = true;
        } finally {
            if (!served) {
                // Also after an interrupt, which must not leave processes running.
                boolean interrupted = Thread.interrupted();
                stopAll();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** @return a client that trusts the nodes of this cluster */
    static HttpClient http(LocalDataDirectory data) {
        HttpClient.Builder client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(1));
        LocalTls tls = LocalTls.in(data);
        if (tls.exists()) {
            client.sslContext(RaftgresClient.trusting(tls.clusterCa()));
        }
        return client.build();
    }

    void awaitReady(List<NodeProcess> starting, Duration timeout) throws InterruptedException {
        long begun = System.nanoTime();
        List<NodeProcess> waiting = new ArrayList<>(starting);
        try (HttpClient http = http(data)) {
            while (!waiting.isEmpty()) {
                for (NodeProcess node : List.copyOf(waiting)) {
                    long millis = (System.nanoTime() - begun) / 1_000_000;
                    if (node.isReady(http)) {
                        progress.accept("  " + node.name() + " serves after " + seconds(millis));
                        waiting.remove(node);
                    } else if (!node.isRunning()) {
                        throw new LocalClusterException(
                                node.name() + " stopped while it started. " + node.logTail(LOG_LINES));
                    } else if (millis > timeout.toMillis()) {
                        throw new LocalClusterException(node.name() + " does not serve after "
                                + seconds(timeout.toMillis()) + ". " + node.logTail(LOG_LINES));
                    }
                }
                Thread.sleep(waiting.isEmpty() ? 0 : POLL.toMillis());
            }
        }
    }

    static String seconds(long millis) {
        return "%d.%d s".formatted(millis / 1000, millis % 1000 / 100);
    }

    /** Stops every node, the last one first, and any PostgreSQL that a killed node left behind. */
    public void down() throws InterruptedException {
        try (var lock = data.lock()) {
            stopAll();
        }
    }

    private void stopAll() throws InterruptedException {
        for (NodeProcess node : nodes().reversed()) {
            stop(node);
        }
    }

    void stop(NodeProcess node) throws InterruptedException {
        progress.accept("  " + node.name()
                + switch (node.stop()) {
                    case CLEANLY -> " stopped";
                    case KILLED -> " did not stop within " + NodeProcess.STOP_TIMEOUT.toSeconds() + " s and was killed";
                    case WAS_DOWN -> " was not running";
                });
    }

    public void stopNode(int number) throws InterruptedException {
        NodeProcess node = node(number);
        try (var lock = data.lock()) {
            stop(node);
        }
    }

    public void killNode(int number) throws InterruptedException {
        NodeProcess node = node(number);
        try (var lock = data.lock()) {
            long pid = node.pid().orElse(0L);
            node.kill();
            progress.accept("  " + node.name() + " (process " + pid + ") killed");
        }
    }

    /**
     * Makes a new cluster from one stopped node. The node's output goes to the progress.
     *
     * @throws LocalClusterException when the node runs, or the recovery failed: the output gives the reason
     */
    public void recoverNode(int number, NodeCommand command) throws InterruptedException {
        NodeProcess node = node(number);
        try (var lock = data.lock()) {
            if (node.isRunning()) {
                throw new LocalClusterException(
                        node.name() + " is running (process " + node.pid().orElse(0L)
                                + "). Only a stopped node can be recovered; stop it first: raftgres node stop "
                                + number + ".");
            }
            if (node.run(command.forcingNewCluster(), progress) != 0) {
                throw new LocalClusterException(
                        "No new cluster was made from " + node.name() + "; the lines above" + " give the reason.");
            }
            List<String> others = nodes().stream()
                    .filter(other -> other.number() != number)
                    .map(other -> data.node(other.number()).toString())
                    .toList();
            progress.accept("");
            progress.accept("Start the new cluster on this machine with 'raftgres node start " + number + "'."
                    + (others.isEmpty()
                            ? ""
                            : " The other nodes' data belongs to the old cluster: "
                                    + String.join(", ", others)
                                    + ". Do not start them on it; 'raftgres node replace N' lets a node join the new"
                                    + " cluster without data."));
        }
    }

    /** Starts one node. If a majority of the nodes then runs, it waits until the node serves. */
    public void startNode(int number, NodeCommand command) throws InterruptedException {
        NodeProcess node = node(number);
        try (var lock = data.lock()) {
            if (node.isRunning()) {
                throw new LocalClusterException(node.name() + " is already running (process "
                        + node.pid().orElse(0L) + ").");
            }
            node.requireFreePorts();
            node.start(command);
            if (majorityRuns()) {
                awaitReady(List.of(node), READY_TIMEOUT);
            } else {
                progress.accept("  " + node.name() + " started; it serves when a majority of the nodes runs");
            }
        }
    }

    /**
     * Estimates whether a majority runs, since perhaps no node answers: it assumes that every node that is not a
     * permanent learner is a voter.
     */
    private boolean majorityRuns() {
        Layout layout = layout();
        List<NodeProcess> voters = nodes().stream()
                .filter(node -> layout.node(node.number()).origin() != Layout.Origin.JOINED_AS_LEARNER)
                .toList();
        return voters.stream().filter(NodeProcess::isRunning).count() > voters.size() / 2;
    }
}
