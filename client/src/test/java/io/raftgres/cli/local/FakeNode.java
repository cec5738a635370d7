package io.raftgres.cli.local;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A process that looks like a node from outside: ready at once, and it writes down what it does in a file beside its
 * folder. Told to recover, it says so and ends. {@code -Dfake=fail} makes it stop at its start, {@code -Dfake=deaf} makes it ignore SIGTERM.
 */
final class FakeNode {
    private FakeNode() {}

    public static void main(String[] args) throws Exception {
        String name = System.getProperty("raftgres.name");
        String fake = System.getProperty("fake", "");
        if (fake.equals("fail")) {
            System.err.println("the disk is on fire");
            System.exit(1);
        }
        String recover = System.getProperty("raftgres.recover");
        if (recover != null) {
            System.out.println("recovered " + name + " by " + recover);
            return;
        }
        Path diary = Path.of(System.getProperty("raftgres.data-dir")).resolveSibling("diary");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            note(diary, "stop " + name);
            if (fake.equals("deaf")) {
                pause();
            }
        }));
        note(diary, "start " + name);
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.getInteger("quarkus.http.port")), 0);
        server.createContext("/q/health/ready", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        pause();
    }

    private static void pause() {
        try {
            Thread.sleep(300_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static synchronized void note(Path diary, String line) {
        try {
            Files.writeString(diary, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
