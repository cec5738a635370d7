package io.raftgres.node.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/** What tests need to run a PostgreSQL: programs unpacked once for all tests, a free port. */
public final class TestPostgres {

    private TestPostgres() {}

    public static PostgresOptions options(Path folder) throws IOException {
        return PostgresOptions.of(folder.resolve("pg"), freePort(), cacheDir());
    }

    public static EmbeddedPostgres start(Path folder) throws IOException, InterruptedException {
        return EmbeddedPostgres.start(options(folder));
    }

    public static Path cacheDir() {
        return Path.of(System.getProperty("java.io.tmpdir"), "raftgres-test-postgres");
    }

    public static void deleteTree(Path folder) throws IOException {
        PostgresBinaries.deleteTree(folder);
    }

    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
