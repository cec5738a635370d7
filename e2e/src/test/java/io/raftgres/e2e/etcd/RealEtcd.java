package io.raftgres.e2e.etcd;

import io.raftgres.e2e.Await;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** One member of etcd itself, on free ports of this machine. */
final class RealEtcd implements AutoCloseable {

    private final Process process;
    private final int port;

    private RealEtcd(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** @param folder new, for its data and its log */
    static RealEtcd start(Path folder) throws Exception {
        Path program = EtcdPrograms.named("etcd");
        Files.createDirectories(folder);
        int port = freePort();
        int peerPort = freePort();
        String client = "http://127.0.0.1:" + port;
        String peer = "http://127.0.0.1:" + peerPort;
        Process process = new ProcessBuilder(program.toString(), "--name", "real", "--data-dir",
                folder.resolve("data").toString(), "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "real=" + peer,
                "--log-level", "warn")
                .redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
        RealEtcd etcd = new RealEtcd(process, port);
        try {
            Await.until("etcd listens", Duration.ofSeconds(30), () -> listens(port));
        } catch (Throwable t) {
            etcd.close();
            throw t;
        }
        return etcd;
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
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
