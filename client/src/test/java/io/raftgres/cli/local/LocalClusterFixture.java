package io.raftgres.cli.local;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A data directory, free ports, and fake nodes that are stopped after each test. */
@Timeout(180)
abstract class LocalClusterFixture {

    /** Of each kind, for the three nodes that a test begins with and those that it adds. */
    private static final int PORTS = 5;

    @TempDir
    Path temp;

    final List<String> said = new CopyOnWriteArrayList<>();
    final List<Process> helpers = new ArrayList<>();
    LocalDataDirectory data;
    Layout layout;

    @BeforeEach
    void choose() throws IOException {
        data = new LocalDataDirectory(temp.resolve("data"));
        int first = freeRun();
        layout = new Layout(3, first, first + PORTS, first + 2 * PORTS, first + 3 * PORTS);
    }

    @AfterEach
    void leaveNothingBehind() throws InterruptedException {
        if (data.layout().isPresent()) {
            LocalCluster.open(data, said::add).down();
        }
        for (Process helper : helpers) {
            helper.destroyForcibly().waitFor();
        }
    }

    /**
     * @return the first of some free ports in a row, from below those that the system gives to outgoing connections,
     *     and above those of the node's tests, which may run at the same time
     */
    private static int freeRun() throws IOException {
        for (int i = 0; i < 1_000; i++) {
            int first = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            if (IntStream.range(first, first + 4 * PORTS).allMatch(LocalClusterFixture::isFree)) {
                return first;
            }
        }
        throw new IOException("not enough free ports in a row");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    static NodeCommand fake(String... options) {
        return new NodeCommand(
                NodeCommand.thisJava(),
                List.of("-cp", System.getProperty("java.class.path"), FakeNode.class.getName()),
                "32m",
                List.of(options));
    }

    LocalCluster up() throws InterruptedException {
        return LocalCluster.up(data, data.layout().orElse(layout), false, fake(), said::add);
    }

    List<String> diary() throws IOException {
        return Files.readAllLines(data.root().resolve("diary"));
    }

    static void assertRefused(String part, Executable what) {
        LocalClusterException e = assertThrows(LocalClusterException.class, what);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    void assertSaid(String line) {
        assertTrue(said.contains(line), () -> "not said: " + line + "\n" + String.join("\n", said));
    }

    /** @return the lines of the diary that begin so */
    List<String> diary(String beginning) throws IOException {
        return diary().stream().filter(line -> line.startsWith(beginning)).toList();
    }
}
