package io.raftgres.cli;

import io.raftgres.cli.local.Layout;
import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.LocalClusterException;
import io.raftgres.cli.local.LocalDataDirectory;
import io.raftgres.cli.local.LocalTls;
import io.raftgres.cli.local.NodeCommand;
import io.raftgres.cli.local.NodeProcess;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        description = "Starts a cluster on this machine: three nodes, each with its own PostgreSQL.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class UpCommand implements Callable<Integer> {

    private static final long LOOK_MILLIS = 500;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(names = "--detach", description = "Return as soon as the cluster serves; stop it with 'raftgres down'.")
    private boolean detach;

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(
            names = "--fresh",
            description = "First delete the data of the previous cluster, including data that 'node remove' and 'node"
                    + " replace' have kept.")
    private boolean fresh;

    @Option(names = "--nodes", paramLabel = "N", description = "Number of nodes of a new cluster, 1 to 9. Default: 3.")
    private Integer nodes;

    @Option(
            names = "--tls",
            description = "Encrypt all ports of a new cluster: makes a CA, and certificates of the nodes, in DATA/tls.")
    private boolean tls;

    @Mixin
    private PortOptions ports = new PortOptions();

    @Mixin
    private HeapOption heap = new HeapOption();

    private final CountDownLatch over = new CountDownLatch(1);

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        LocalDataDirectory directory = data.directory();
        NodeCommand command = NodeCommand.built(DataOptions.home(), heap.value);
        // Ctrl-C interrupts this thread, which then stops the nodes. The JVM exits only after that.
        Thread worker = Thread.currentThread();
        Thread hook = Thread.ofPlatform().unstarted(() -> stopWorker(worker));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Layout layout = layout(fresh ? Layout.DEFAULT : directory.layout().orElse(Layout.DEFAULT));
            LocalCluster cluster = LocalCluster.up(directory, layout, fresh, command, out::println);
            printAddresses(out, cluster);
            if (!detach) {
                stay(out, cluster);
            }
            return ExitCode.DONE;
        } finally {
            over.countDown();
        }
    }

    private void stopWorker(Thread worker) {
        if (over.getCount() > 0) {
            worker.interrupt();
            try {
                over.await(2, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Layout layout(Layout otherwise) {
        Layout wanted = ports.layout(nodes != null ? nodes : otherwise.nodes().size(), otherwise);
        return wanted.withTls(tls || otherwise.tls());
    }

    private void printAddresses(PrintWriter out, LocalCluster cluster) {
        Addresses.print(out, cluster.nodes());
        out.println();
        List<String> urls = cluster.layout().urls();
        String ca = cluster.layout().tls()
                ? "--cacert " + LocalTls.in(cluster.data()).clusterCa() + " "
                : "";
        out.println("Try:  curl " + ca + "-X PUT " + urls.getFirst() + "/v1/kv/hello -d world");
        out.println("      curl " + ca + urls.getLast() + "/v1/kv/hello");
        out.println("etcd's clients:  etcdctl " + ca + "--endpoints "
                + cluster.layout().etcdEndpoints() + " get hello");
        out.println(
                detach
                        ? "Stop it with 'raftgres down'."
                        : "The cluster runs until Ctrl-C here or 'raftgres down' in another terminal.");
        out.flush();
    }

    /** Reports nodes that start, stop, join or leave, until Ctrl-C or until all are down. */
    private void stay(PrintWriter out, LocalCluster cluster) throws InterruptedException {
        Map<String, Boolean> known = new HashMap<>();
        cluster.nodes().forEach(node -> known.put(node.name(), true));
        try {
            List<NodeProcess> nodes;
            do {
                Thread.sleep(LOOK_MILLIS);
                nodes = cluster.nodes();
                report(out, known, nodes);
            } while (nodes.stream().anyMatch(NodeProcess::isRunning));
            out.println("All nodes are down.");
        } catch (InterruptedException e) {
            out.println();
            out.println("Stopping");
            stop(cluster);
            throw e;
        }
    }

    /** @param known the nodes at the previous call, and whether each ran */
    private static void report(PrintWriter out, Map<String, Boolean> known, List<NodeProcess> nodes) {
        Set<String> names = nodes.stream().map(NodeProcess::name).collect(Collectors.toSet());
        known.keySet().removeIf(name -> {
            if (!names.contains(name)) {
                out.println(name + " was removed");
            }
            return !names.contains(name);
        });
        for (NodeProcess node : nodes) {
            boolean runs = node.isRunning();
            Boolean ran = known.put(node.name(), runs);
            if (ran == null) {
                out.println(node.name() + " was added; its REST address is " + node.url());
            } else if (runs && !ran) {
                out.println(node.name() + " runs again");
            } else if (!runs && ran) {
                out.println(node.name() + " is down; its log is " + node.log());
            }
        }
    }

    /** Waits for another command that works on a node, so that no node is left running. */
    private static void stop(LocalCluster cluster) throws InterruptedException {
        for (int i = 0; ; i++) {
            try {
                cluster.down();
                return;
            } catch (LocalClusterException e) {
                if (i == 60) {
                    throw e;
                }
                Thread.sleep(LOOK_MILLIS);
            }
        }
    }
}
