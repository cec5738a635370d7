package io.raftgres.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class LocalClusterTest {

    @TempDir
    private Path temp;

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final List<Process> helpers = new ArrayList<>();
    private DataFolder data;
    private Layout layout;

    @BeforeEach
    void choose() throws IOException {
        data = new DataFolder(temp.resolve("data"));
        layout = new Layout(3, freeRun(), freeRun(), freeRun());
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

    /** @return the first of three free ports, from below those that the system gives to outgoing connections */
    private static int freeRun() throws IOException {
        for (int i = 0; i < 1_000; i++) {
            int first = ThreadLocalRandom.current().nextInt(10_000, 30_000);
            if (isFree(first) && isFree(first + 1) && isFree(first + 2)) {
                return first;
            }
        }
        throw new IOException("no three free ports in a row");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static NodeCommand fake(String... options) {
        return new NodeCommand(NodeCommand.thisJava(),
                List.of("-cp", System.getProperty("java.class.path"), FakeNode.class.getName()), "32m",
                List.of(options));
    }

    private LocalCluster up() throws InterruptedException {
        return LocalCluster.up(data, layout, false, fake(), said::add);
    }

    private List<String> diary() throws IOException {
        return Files.readAllLines(data.root().resolve("diary"));
    }

    private static void assertRefused(String part, org.junit.jupiter.api.function.Executable what) {
        LocalClusterException e = assertThrows(LocalClusterException.class, what);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @Test
    void upStartsAllAndDownStopsTheLastFirst() throws Exception {
        LocalCluster cluster = up();
        assertTrue(cluster.nodes().stream().allMatch(NodeProcess::isRunning));
        assertRefused("already up", this::up);
        cluster.down();
        assertTrue(cluster.nodes().stream().noneMatch(NodeProcess::isRunning));
        assertEquals(List.of("stop node3", "stop node2", "stop node1"),
                diary().stream().filter(line -> line.startsWith("stop")).toList());
        assertFalse(Files.exists(data.pidFile(1)));
    }

    @Test
    void oneNodeCanBeKilledStoppedAndStarted() throws Exception {
        LocalCluster cluster = up();
        long before = cluster.node(2).pid().orElseThrow();
        cluster.killNode(2);
        assertFalse(cluster.node(2).isRunning());
        assertTrue(cluster.node(1).isRunning());
        assertFalse(diary().contains("stop node2"), "SIGKILL leaves no time for anything");
        assertRefused("not running", () -> cluster.killNode(2));
        assertRefused("node1 and node3 already run", this::up);
        cluster.startNode(2, fake());
        assertTrue(cluster.node(2).pid().orElseThrow() != before);
        assertRefused("already running", () -> cluster.startNode(2, fake()));
        cluster.stopNode(2);
        assertTrue(diary().contains("stop node2"));
        assertRefused("nodes 1 to 3", () -> cluster.stopNode(4));
    }

    @Test
    void onlyANodeThatIsDownIsRecovered() throws Exception {
        LocalCluster cluster = up();
        assertRefused("node2 is running", () -> cluster.recoverNode(2, fake()));
        cluster.down();
        said.clear();
        cluster.recoverNode(2, fake());
        assertEquals("recovered node2 by force-new-cluster", said.getFirst());
        assertTrue(said.getLast().contains("raftgres node start 2"), said.getLast());
        assertTrue(said.getLast().contains(data.node(1) + ", " + data.node(3)), said.getLast());
        said.clear();
        assertRefused("No new cluster was made of node2", () -> cluster.recoverNode(2, fake("-Dfake=fail")));
        assertEquals(List.of("the disk is on fire"), said);
        assertFalse(Files.exists(data.pidFile(2)));
    }

    @Test
    void aNodeThatDoesNotStartTakesTheOthersDownAndShowsItsLog() {
        assertRefused("the disk is on fire", () -> LocalCluster.up(data, layout, false, fake("-Dfake=fail"), said::add));
        assertTrue(LocalCluster.open(data, said::add).nodes().stream().noneMatch(NodeProcess::isRunning));
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(layout.httpPort(2), 1, InetAddress.getLoopbackAddress())) {
            assertRefused("Port " + taken.getLocalPort() + ", which node2 needs for REST", this::up);
        }
        assertTrue(data.layout().isEmpty(), "nothing was begun");
    }

    @Test
    void dataOfAnotherShapeIsRefusedAndThrownAwayOnlyWhenAsked() throws Exception {
        up().down();
        Path kept = Files.writeString(data.node(1).resolve("log.0"), "x");
        Layout other = new Layout(1, layout.httpPort(), layout.peerPort(), layout.postgresPort());
        assertRefused("holds a cluster of 3 nodes", () -> LocalCluster.up(data, other, false, fake(), said::add));
        assertTrue(Files.exists(kept));
        LocalCluster.up(data, other, true, fake(), said::add).down();
        assertFalse(Files.exists(kept));
        assertFalse(Files.exists(data.node(2)));
    }

    @Test
    void aFolderOfSomethingElseIsNeverTouched() throws IOException {
        Files.createDirectories(data.root().resolve("node1"));
        Path precious = Files.writeString(data.root().resolve("node1").resolve("thesis.tex"), "x");
        assertRefused("not a Raftgres data folder", () -> LocalCluster.up(data, layout, true, fake(), said::add));
        assertTrue(Files.exists(precious));
    }

    @Test
    void aNumberThatAnotherProcessHasNowIsNotTakenForTheNode() throws Exception {
        data.write(layout);
        Files.createDirectories(data.node(1));
        Process stranger = helper("sleep", "300");
        Instant longAgo = stranger.info().startInstant().orElseThrow().minusSeconds(60);
        Files.writeString(data.pidFile(1), stranger.pid() + "\n" + longAgo.toEpochMilli() + "\n");
        LocalCluster cluster = LocalCluster.open(data, said::add);
        assertFalse(cluster.node(1).isRunning());
        assertRefused("not running", () -> cluster.killNode(1));
        cluster.down();
        assertTrue(stranger.isAlive());
    }

    @Test
    void thePostgresOfAKilledNodeIsStoppedWithIt() throws Exception {
        LocalCluster cluster = up();
        Process postgres = helper("sleep", "300");
        Path pidFile = data.postmasterPid(1);
        Files.createDirectories(pidFile.getParent());
        long started = postgres.info().startInstant().orElseThrow().getEpochSecond();
        Files.writeString(pidFile, postgres.pid() + "\n" + pidFile.getParent() + "\n" + started + "\n5432\n");
        cluster.killNode(1);
        assertTrue(postgres.isAlive(), "only the node was killed");
        assertTrue(cluster.node(1).isPostgresRunning());
        cluster.stopNode(1);
        assertTrue(postgres.waitFor(10, TimeUnit.SECONDS));
        assertEquals(128 + 2, postgres.exitValue(), "ended by SIGINT");
    }

    @Test
    void aDamagedPidFileIsAsGoodAsNone() throws IOException {
        data.write(layout);
        Files.createDirectories(data.node(1));
        for (String text : List.of("", "12", "x\ny\n", "-1\n0\n", "99999999999999999999\n1\n")) {
            Files.writeString(data.pidFile(1), text);
            assertFalse(LocalCluster.open(data, said::add).node(1).isRunning(), text);
        }
    }

    @Test
    void overlappingPortsAreRefused() {
        assertRefused("overlap", () -> new Layout(3, 8081, 8083, 15_431));
        assertRefused("1 to 9", () -> new Layout(0, 8081, 9081, 15_431));
        assertRefused("valid ports", () -> new Layout(3, 65_534, 9081, 15_431));
    }

    private Process helper(String... line) throws IOException {
        Process process = new ProcessBuilder(line).start();
        helpers.add(process);
        return process;
    }
}
