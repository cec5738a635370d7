package io.raftgres.cli;

import io.raftgres.cli.local.DataFolder;
import io.raftgres.cli.local.Layout;
import io.raftgres.cli.local.LocalCluster;
import io.raftgres.cli.local.NodeCommand;
import io.raftgres.client.RaftgresClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Runs a node of its own for a moment, so that the JVM records what a node's start loads. The launcher calls it after a
 * build; nobody else needs it.
 */
@Command(name = "train", hidden = true, description = "Records an AOT cache for the nodes.")
final class TrainCommand implements Callable<Integer> {

    private static final int REQUESTS = 2_000;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path home = DataOptions.home();
        Path cache = NodeCommand.aotCache(home);
        Files.deleteIfExists(cache);
        NodeCommand command = NodeCommand.built(home, NodeCommand.DEFAULT_HEAP).recording(cache);
        Path folder = Files.createTempDirectory("raftgres-train");
        try {
            Layout layout = new Layout(1, freePort(), freePort(), freePort(), freePort());
            LocalCluster cluster = LocalCluster.up(new DataFolder(folder), layout, false, command, line -> {});
            try (RaftgresClient client = RaftgresClient.builder().endpoint(layout.url(1)).build()) {
                for (int i = 0; i < REQUESTS; i++) {
                    client.put("key" + i % 100, "value");
                    client.get("key" + i % 100);
                }
                client.cluster();
            } finally {
                cluster.down();
            }
        } finally {
            DataFolder.deleteTree(folder);
        }
        return ExitCode.DONE;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
