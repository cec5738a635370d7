package io.raftgres.cli;

import io.raftgres.cli.local.Layout;
import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.LocalDataDirectory;
import io.raftgres.cli.local.NodeCommand;
import io.raftgres.client.RaftgresClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;

/**
 * Runs three separate nodes for some seconds to record an AOT cache. One node's JVM records the classes that its start
 * loads and its hot code, as a follower and as the leader. Only the launcher calls this command, after a build.
 */
@Command(name = "train", hidden = true, description = "Records an AOT cache for the nodes.")
final class TrainCommand implements Callable<Integer> {

    private static final int NODES = 3;

    /** The node that records. */
    private static final int NODE = 1;

    /** Time as a follower, and then the same time as the leader. */
    private static final int SECONDS = 5;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path home = DataOptions.home();
        Path cache = NodeCommand.aotCache(home);
        Files.deleteIfExists(cache);
        NodeCommand command = NodeCommand.built(home, NodeCommand.DEFAULT_HEAP);
        Path directory = Files.createTempDirectory("raftgres-train");
        try {
            int ports = freePorts();
            Layout layout = new Layout(NODES, ports, ports + NODES, ports + 2 * NODES, ports + 3 * NODES);
            LocalCluster cluster =
                    LocalCluster.up(new LocalDataDirectory(directory), layout, false, command, line -> {});
            try (RaftgresClient client =
                    RaftgresClient.builder().endpoint(layout.url(NODE)).build()) {
                cluster.stopNode(NODE);
                cluster.startNode(NODE, command.recording(cache, 2 * SECONDS));
                serve(client);
                client.transferLeadership(Layout.name(NODE));
                serve(client);
                client.cluster();
            } finally {
                cluster.down();
            }
        } finally {
            LocalDataDirectory.deleteTree(directory);
        }
        return ExitCode.DONE;
    }

    /** Sends requests, in addition to those of the clients that the node itself runs meanwhile. */
    private static void serve(RaftgresClient client) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        for (int i = 0; System.nanoTime() < deadline; i++) {
            client.put("key" + i % 100, "value");
            client.get("key" + i % 100);
        }
    }

    /** @return the first port of a free range that is large enough for the nodes, four ports each */
    private static int freePorts() throws IOException {
        while (true) {
            int first;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                first = socket.getLocalPort();
            }
            int end = first + 4 * NODES;
            if (end < 65_536 && IntStream.range(first, end).allMatch(TrainCommand::isFree)) {
                return first;
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
