package io.raftgres.node.postgres;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/** Helpers of tests that run a PostgreSQL: programs unpacked once for all tests, and free ports. */
public final class TestPostgres {

    private TestPostgres() {}

    public static PostgresOptions options(Path directory) throws IOException {
        return PostgresOptions.of(directory.resolve("pg"), freePort(), cacheDir());
    }

    public static EmbeddedPostgres start(Path directory) throws IOException, InterruptedException {
        return EmbeddedPostgres.start(options(directory));
    }

    public static Path cacheDir() {
        return Path.of(System.getProperty("java.io.tmpdir"), "raftgres-test-postgres");
    }

    public static void deleteTree(Path directory) throws IOException {
        PostgresBinaries.deleteTree(directory);
    }

    /**
     * Ports below the range for outgoing connections, so that no connection of another process takes one before its
     * use.
     */
    public static int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(12_000, 20_000);
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (BindException e) {
                // Another has it.
            }
        }
        throw new IOException("no free port found");
    }
}
