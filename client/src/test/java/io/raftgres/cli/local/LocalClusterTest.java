package io.raftgres.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LocalClusterTest extends LocalClusterFixture {

    @Test
    void upStartsAllAndDownStopsTheLastFirst() throws Exception {
        LocalCluster cluster = up();
        assertTrue(cluster.nodes().stream().allMatch(NodeProcess::isRunning));
        assertRefused("already up", this::up);
        cluster.down();
        assertTrue(cluster.nodes().stream().noneMatch(NodeProcess::isRunning));
        assertEquals(
                List.of("stop node3", "stop node2", "stop node1"),
                diary().stream().filter(line -> line.startsWith("stop")).toList());
        assertFalse(Files.exists(data.pidFile(1)));
    }

    @Test
    void singleNodeCanBeKilledStoppedAndStarted() throws Exception {
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

    /** The main thread of a killed process may be gone while others still hold its ports. */
    @Test
    void aKilledNodeHoldsNothing() throws Exception {
        layout = new Layout(1, layout.httpPort(), layout.peerPort(), layout.postgresPort(), layout.etcdPort());
        LocalCluster cluster = up();
        for (int i = 0; i < 5; i++) {
            cluster.killNode(1);
            cluster.node(1).requireFreePorts();
            cluster.startNode(1, fake());
        }
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
        assertRefused("No new cluster was made from node2", () -> cluster.recoverNode(2, fake("-Dfake=fail")));
        assertEquals(List.of("the disk is on fire"), said);
        assertFalse(Files.exists(data.pidFile(2)));
    }

    @Test
    void aNodeThatDoesNotStartTakesTheOthersDownAndShowsItsLog() {
        assertRefused(
                "the disk is on fire", () -> LocalCluster.up(data, layout, false, fake("-Dfake=fail"), said::add));
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
    void dataWithAnotherLayoutIsRefusedAndDeletedOnlyOnRequest() throws Exception {
        up().down();
        Path kept = Files.writeString(data.node(1).resolve("log.0"), "x");
        Layout other = new Layout(1, layout.httpPort(), layout.peerPort(), layout.postgresPort(), layout.etcdPort());
        assertRefused("holds a cluster of 3 nodes", () -> LocalCluster.up(data, other, false, fake(), said::add));
        assertTrue(Files.exists(kept));
        LocalCluster.up(data, other, true, fake(), said::add).down();
        assertFalse(Files.exists(kept));
        assertFalse(Files.exists(data.node(2)));
    }

    @Test
    void foreignDirectoryIsNeverTouched() throws IOException {
        Files.createDirectories(data.root().resolve("node1"));
        Path precious = Files.writeString(data.root().resolve("node1").resolve("thesis.tex"), "x");
        assertRefused("not a Raftgres data directory", () -> LocalCluster.up(data, layout, true, fake(), said::add));
        assertTrue(Files.exists(precious));
    }

    @Test
    void reusedProcessIdIsNotTakenForTheNode() throws Exception {
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

    /** Its records are deleted with the directory. Otherwise it and its PostgreSQL would hold the ports permanently. */
    @Test
    void aNodeWhoseDirectoryWasRemovedIsStoppedAllTheSame() throws Exception {
        LocalCluster cluster = up();
        long node = cluster.node(2).pid().orElseThrow();
        Process postgres = helper(
                NodeCommand.thisJava().toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Idle.class.getName(),
                "-D",
                data.postmasterPid(2).getParent().toString());
        Process another = helper(
                NodeCommand.thisJava().toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Idle.class.getName(),
                "-D",
                data.postmasterPid(2).getParent() + "-elsewhere");
        assertEquals("idle", postgres.inputReader().readLine());
        assertEquals("idle", another.inputReader().readLine());
        LocalDataDirectory.deleteTree(data.node(2));
        cluster.stopNode(2);
        assertEquals("  node2 stopped", said.getLast());
        assertFalse(ProcessHandle.of(node).map(ProcessHandle::isAlive).orElse(false));
        assertTrue(postgres.waitFor(10, TimeUnit.SECONDS));
        assertTrue(another.isAlive());
        assertTrue(cluster.node(1).isRunning() && cluster.node(3).isRunning());
        cluster.node(2).requireFreePorts();
        cluster.stopNode(2);
        assertEquals("  node2 was not running", said.getLast());
    }

    /** Looks like a PostgreSQL by its arguments. */
    static final class Idle {
        public static void main(String[] args) throws InterruptedException {
            System.out.println("idle");
            Thread.sleep(300_000);
        }
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
        assertRefused("overlap", () -> new Layout(3, 8081, 8083, 15_431, Layout.ETCDS_OWN));
        assertRefused("overlap", () -> new Layout(3, 8081, 9081, 15_431, 9083));
        assertRefused(
                "port 32379, for etcd's API of node3, is one of",
                () -> new Layout(3, 8081, 32_378, 15_431, Layout.ETCDS_OWN));
        assertRefused("1 to 9", () -> new Layout(0, 8081, 9081, 15_431, Layout.ETCDS_OWN));
        assertRefused("1 to 9 nodes, not 10", () -> new Layout(10, 8081, 9081, 15_431, Layout.ETCDS_OWN));
        assertRefused("valid ports", () -> new Layout(3, 65_534, 9081, 15_431, Layout.ETCDS_OWN));
        assertRefused("--etcd-port 65534", () -> new Layout(3, 8081, 9081, 15_431, 65_534));
        assertRefused("--etcd-port -1", () -> new Layout(3, 8081, 9081, 15_431, -1));
    }

    @Test
    void etcdPortsAreTheUsualOnes_OrConsecutive() {
        Layout own = new Layout(9, 8081, 9081, 15_431, Layout.ETCDS_OWN);
        assertEquals(
                List.of(2379, 22_379, 32_379, 42_379, 52_379, 2479, 22_479, 32_479, 42_479),
                own.numbers().stream().map(own::etcdPort).toList());
        Layout chosen = new Layout(3, 8081, 9081, 15_431, 7000);
        assertEquals("127.0.0.1:7000,127.0.0.1:7001,127.0.0.1:7002", chosen.etcdEndpoints());
        assertEquals("127.0.0.1:7000,127.0.0.1:7002", chosen.without(2).etcdEndpoints());
    }

    @Test
    void etcdPortIsPassedAndMustBeFree() throws Exception {
        data.write(layout);
        assertTrue(fake().line(2, layout, data).contains("-Draftgres.etcd-port=" + (layout.etcdPort() + 1)));
        try (ServerSocket taken = new ServerSocket(layout.etcdPort(3), 1, InetAddress.getLoopbackAddress())) {
            assertRefused("Port " + taken.getLocalPort() + ", which node3 needs for etcd's API", this::up);
        }
    }

    @Test
    void nodesMayHaveHoles() throws Exception {
        Layout holes = layout.without(2)
                .with(new Layout.Node(5, Layout.Origin.JOINED_AS_LEARNER))
                .with(new Layout.Node(4, Layout.Origin.JOINED));
        data.write(holes);
        assertEquals(holes, data.layout().orElseThrow());
        assertEquals(List.of(1, 3, 4, 5), holes.numbers());
        assertEquals(2, holes.nextFree());
        LocalCluster cluster = up();
        assertSaid("Starting 4 nodes, data in " + data.root());
        assertEquals(
                List.of("node1", "node3", "node4", "node5"),
                cluster.nodes().stream()
                        .filter(NodeProcess::isRunning)
                        .map(NodeProcess::name)
                        .toList());
        assertRefused("There is no node 2: this cluster has nodes 1, 3, 4 and 5", () -> cluster.stopNode(2));
        cluster.down();
        assertEquals(List.of("stop node5", "stop node4", "stop node3", "stop node1"), diary("stop"));
    }

    @Test
    void firstMembersAlwaysStartWithTheSamePeers() {
        Layout later = layout.without(2).with(new Layout.Node(4, Layout.Origin.JOINED));
        data.write(later);
        String first = "-Draftgres.peers=" + layout.firstPeers();
        assertEquals(List.of(first), membership(1, later));
        assertEquals(List.of(first), membership(3, later));
        assertEquals(
                List.of("-Draftgres.peers=" + layout.peer(4), "-Draftgres.join=" + later.url(1) + "," + later.url(3)),
                membership(4, later));
        Layout replaced = layout.with(new Layout.Node(3, Layout.Origin.JOINED_AS_LEARNER));
        assertEquals(
                List.of(
                        "-Draftgres.peers=" + layout.peer(3),
                        "-Draftgres.join=" + layout.url(1) + "," + layout.url(2),
                        "-Draftgres.join-as=learner"),
                membership(3, replaced));
        assertEquals(List.of(first), membership(1, replaced));
    }

    private List<String> membership(int node, Layout of) {
        return fake().line(node, of, data).stream()
                .filter(option -> option.startsWith("-Draftgres.peers") || option.startsWith("-Draftgres.join"))
                .toList();
    }

    @Test
    void aFileFromBeforeNodesCouldComeAndGoHasAllOfThem_AndEtcdsOwnPorts() throws IOException {
        Files.createDirectories(data.root());
        Path marker = data.root().resolve(LocalDataDirectory.MARKER);
        layout = new Layout(3, layout.httpPort(), layout.peerPort(), layout.postgresPort(), Layout.ETCDS_OWN);
        String old = "raftgres.local-cluster=local-x\nnodes=3\nhttp-port=%d\npeer-port=%d\npostgres-port=%d\n"
                .formatted(layout.httpPort(), layout.peerPort(), layout.postgresPort());
        Files.writeString(marker, old);
        assertEquals(layout, data.layout().orElseThrow());
        assertEquals("local-x", data.clusterName().orElseThrow());
        for (String damage : List.of("first=1,x\n", "first=0\n", "first=1\njoined=1\n", "first=10\n", "joined=\n")) {
            Files.writeString(marker, old + damage);
            assertRefused("cluster", data::layout);
        }
        Files.delete(marker);
    }

    @Test
    void aNodeIsWaitedForWhenAMajorityOfTheVotersRuns() throws Exception {
        data.write(layout.with(new Layout.Node(4, Layout.Origin.JOINED_AS_LEARNER)));
        LocalCluster cluster = LocalCluster.open(data, said::add);
        cluster.startNode(1, fake());
        assertSaid("  node1 started; it serves when a majority of the nodes runs");
        cluster.startNode(2, fake());
        assertTrue(said.getLast().startsWith("  node2 serves after"), said.getLast());
    }

    @Test
    void clusterDataIsDeletedAsAWhole() throws Exception {
        up().down();
        Path aside = data.setAside(2).orElseThrow();
        assertTrue(Files.exists(aside.resolve("node.log")));
        assertFalse(Files.exists(data.node(2)));
        assertTrue(data.setAside(2).isEmpty(), "nothing is left to set aside");
        Files.createDirectories(data.node(2));
        assertFalse(data.setAside(2).orElseThrow().equals(aside));
        data.clear();
        assertFalse(Files.exists(aside));
    }

    private Process helper(String... line) throws IOException {
        Process process = new ProcessBuilder(line).start();
        helpers.add(process);
        return process;
    }
}
