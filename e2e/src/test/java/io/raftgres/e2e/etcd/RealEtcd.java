package io.raftgres.e2e.etcd;

import io.raftgres.e2e.Await;
import io.raftgres.e2e.Cluster;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One member of a real etcd, on free ports of this machine. */
final class RealEtcd implements AutoCloseable {

    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(12_000, 19_000));

    private final Process process;
    private final int port;

    private RealEtcd(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** @param directory new, for its data and its log */
    static RealEtcd start(Path directory) throws Exception {
        return start(directory, 1).getFirst();
    }

    /** @return this number of members of one cluster, when they serve */
    static List<RealEtcd> start(Path directory, int members) throws Exception {
        List<String> peers = new ArrayList<>();
        for (int i = 0; i < members; i++) {
            peers.add("http://127.0.0.1:" + freePort());
        }
        String cluster = IntStream.range(0, members)
                .mapToObj(i -> "real" + i + "=" + peers.get(i))
                .collect(Collectors.joining(","));
        List<RealEtcd> started = new ArrayList<>();
        try {
            for (int i = 0; i < members; i++) {
                started.add(launch(directory.resolve("real" + i), "real" + i, peers.get(i), cluster));
            }
            for (RealEtcd each : started) {
                Await.until("etcd listens", Duration.ofSeconds(30), () -> listens(each.port));
            }
        } catch (Throwable t) {
            for (RealEtcd each : started) {
                each.close();
            }
            throw t;
        }
        return started;
    }

    private static RealEtcd launch(Path directory, String name, String peer, String cluster) throws IOException {
        Files.createDirectories(directory);
        int port = freePort();
        String client = "http://127.0.0.1:" + port;
        Process process = new ProcessBuilder(
                        EtcdPrograms.named("etcd").toString(),
                        "--name",
                        name,
                        "--data-dir",
                        directory.resolve("data").toString(),
                        "--listen-client-urls",
                        client,
                        "--advertise-client-urls",
                        client,
                        "--listen-peer-urls",
                        peer,
                        "--initial-advertise-peer-urls",
                        peer,
                        "--initial-cluster",
                        cluster,
                        "--log-level",
                        "warn")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        return new RealEtcd(process, port);
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ports below the range for outgoing connections, and not those of {@link Cluster}. */
    private static int freePort() {
        while (true) {
            int port = NEXT_PORT.getAndIncrement();
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Another program uses this port.
            }
        }
    }

    int port() {
        return port;
    }

    String endpoint() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            process.waitFor();
        }
    }
}
