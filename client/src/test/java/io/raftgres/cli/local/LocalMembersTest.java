package io.raftgres.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.RaftgresException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("long")
class LocalMembersTest extends LocalClusterFixture {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private NodeProcess add(LocalCluster cluster) throws InterruptedException {
        return new LocalMembers(cluster).add(false, fake(), TIMEOUT);
    }

    @Test
    void aNodeThatIsAddedCatchesUpAndBecomesAVoter() throws Exception {
        LocalCluster cluster = up();
        NodeProcess added = add(cluster);
        assertEquals("node4", added.name());
        assertSaid("  node4 is a learner, 12,345 entries behind");
        assertTrue(said.stream().anyMatch(line -> line.startsWith("  node4 is a voter after ")), said::toString);
        assertTrue(said.getLast().startsWith("  node4 serves after "), said.getLast());
        assertEquals(List.of("start node4 joining " + String.join(",", layout.urls())), diary("start node4"));
        assertTrue(diary().contains("peers node4=" + added.peerAddress() + "@" + added.url()));
        assertTrue(cluster.node(4).isRunning(), "the cluster that is open sees it");
        cluster.down();
        assertFalse(added.isRunning());
        up();
        assertTrue(added.isRunning());
        assertEquals(2, diary("start node4").size(), "it begins with its data as it is");
    }

    @Test
    void learnerStaysALearner() throws Exception {
        LocalCluster cluster = up();
        new LocalMembers(cluster).add(true, fake(), TIMEOUT);
        assertTrue(said.stream().anyMatch(line -> line.startsWith("  node4 is a learner after ")), said::toString);
        assertEquals(
                new Layout.Node(4, Layout.Origin.JOINED_AS_LEARNER),
                cluster.layout().node(4));
    }

    @Test
    void freedNumberIsUsedAgain() throws Exception {
        LocalCluster cluster = up();
        add(cluster);
        new LocalMembers(cluster).remove(2, false);
        assertEquals(List.of(1, 3, 4), cluster.layout().numbers());
        assertEquals("node2", add(cluster).name());
        assertEquals(List.of(1, 2, 3, 4), cluster.layout().numbers());
        assertEquals(Layout.Origin.JOINED, cluster.layout().node(2).origin());
    }

    @Test
    void aNodeIsRemovedFromTheClusterBeforeItStopsAndLosesItsData() throws Exception {
        LocalCluster cluster = up();
        String id = Files.readString(data.node(1).resolve("identity"));
        new LocalMembers(cluster).remove(1, false);
        List<String> diary = diary();
        assertTrue(
                diary.indexOf("remove node1") >= 0 && diary.indexOf("remove node1") < diary.indexOf("stop node1"),
                diary::toString);
        assertEquals(
                List.of(
                        "  node1 (id " + id + ") is removed from the cluster",
                        "  node1 stopped",
                        "  its data is deleted"),
                said.subList(said.size() - 3, said.size()));
        assertFalse(Files.exists(data.node(1)));
        assertRefused("There is no node 1: this cluster has nodes 2 and 3", () -> cluster.startNode(1, fake()));
    }

    @Test
    void theDataOfARemovedNodeCanBeKept() throws Exception {
        LocalCluster cluster = up();
        new LocalMembers(cluster).remove(3, true);
        String last = said.getLast();
        assertTrue(
                last.startsWith(
                        "  its data is kept in " + data.root().resolve("old").resolve("node3-")),
                last);
        assertTrue(Files.exists(
                Path.of(last.substring("  its data is kept in ".length())).resolve("identity")));
        assertFalse(Files.exists(data.node(3)));
    }

    @Test
    void aRemovalThatWasCutShortIsDoneAgain() throws Exception {
        LocalCluster cluster = up();
        new LocalMembers(cluster).remove(3, false);
        data.write(layout);
        new LocalMembers(cluster).remove(3, false);
        assertTrue(
                said.containsAll(List.of("  node3 was already removed from the cluster", "  node3 was not running")));
        assertEquals(List.of(1, 2), cluster.layout().numbers());
    }

    @Test
    void theLastNodeIsNotRemoved() throws Exception {
        layout = new Layout(1, layout.httpPort(), layout.peerPort(), layout.postgresPort(), layout.etcdPort());
        LocalCluster cluster = up();
        LocalMembers members = new LocalMembers(cluster);
        assertRefused("node1 is the only node", () -> members.remove(1, false));
        assertRefused("node1 is the only node", () -> members.replace(1, fake(), TIMEOUT));
        assertTrue(cluster.node(1).isRunning());
    }

    @Test
    void nothingIsTouchedWhenTheClusterCannotDoIt() throws Exception {
        LocalCluster cluster = up();
        cluster.killNode(2);
        cluster.killNode(3);
        LocalMembers members = new LocalMembers(cluster);
        assertRefused("no leader", () -> members.add(false, fake(), TIMEOUT));
        assertRefused("no leader", () -> members.replace(2, fake(), TIMEOUT));
        cluster.killNode(1);
        assertThrows(RaftgresException.NotDone.class, () -> members.add(false, fake(), TIMEOUT));
        assertEquals(layout, cluster.layout());
        assertTrue(Files.exists(data.node(2).resolve("identity")));
        assertTrue(diary("start node4").isEmpty());
    }

    @Test
    void aNodeWhosePortIsTakenIsNotAdded() throws Exception {
        LocalCluster cluster = up();
        try (ServerSocket taken = new ServerSocket(layout.httpPort() + 3, 1, InetAddress.getLoopbackAddress())) {
            assertRefused("Port " + taken.getLocalPort() + ", which node4 needs for REST", () -> add(cluster));
        }
        assertEquals(layout, cluster.layout());
    }

    @Test
    void aNodeThatStopsWhileItJoinsCanBeStartedAgainOrTakenOut() throws Exception {
        LocalCluster cluster = up();
        LocalMembers members = new LocalMembers(cluster);
        assertRefused("the disk is on fire", () -> members.add(false, fake("-Dfake=fail"), TIMEOUT));
        assertRefused("raftgres node remove 5", () -> members.add(false, fake("-Dfake=fail"), TIMEOUT));
        cluster.startNode(4, fake());
        members.remove(5, false);
        assertSaid("  node5 was already removed from the cluster");
        assertEquals(List.of(1, 2, 3, 4), cluster.layout().numbers());
    }

    @Test
    void aLostNodeIsReplacedUnderANewIdentity() throws Exception {
        LocalCluster cluster = up();
        String lost = Files.readString(data.node(2).resolve("identity"));
        cluster.killNode(2);
        LocalDataDirectory.deleteTree(data.node(2));
        assertRefused("node2 is not welcome", () -> cluster.startNode(2, fake()));
        NodeProcess node = new LocalMembers(cluster).replace(2, fake(), TIMEOUT);
        assertTrue(node.isRunning());
        assertSaid("  node2 has a new member id; its old id " + lost + " never comes back");
        assertSaid("  node2 is a learner, 12,345 entries behind");
        assertFalse(Files.readString(data.node(2).resolve("identity")).equals(lost));
        assertTrue(said.stream().anyMatch(line -> line.startsWith("  its old data is in ")), said::toString);
        cluster.down();
        up();
        assertEquals(
                List.of("start node2 joining " + layout.url(1) + "," + layout.url(3)),
                diary("start node2 joining").stream().distinct().toList());
    }

    @Test
    void aReplacementThatFailedIsTriedAgain() throws Exception {
        LocalCluster cluster = up();
        cluster.killNode(2);
        LocalMembers members = new LocalMembers(cluster);
        assertRefused("node2 stopped while it joined", () -> members.replace(2, fake("-Dfake=fail"), TIMEOUT));
        members.replace(2, fake(), TIMEOUT);
        assertEquals(3, diary("add").size(), "refused once, done, done again");
        assertSaid("  node2 has a new member id");
        assertTrue(cluster.node(2).isRunning());
    }

    @Test
    void aNodeThatServesIsNotReplacedByMistake() throws Exception {
        LocalCluster cluster = up();
        assertRefused("raftgres node stop 2", () -> new LocalMembers(cluster).replace(2, fake(), TIMEOUT));
        assertTrue(cluster.node(2).isRunning());
        assertTrue(diary("add").isEmpty());
    }

    @Test
    void aNodeThatRunsAndDoesNotServeIsReplacedWhenTheOthersDoWithoutIt() throws Exception {
        LocalCluster cluster = up();
        LocalMembers members = new LocalMembers(cluster);
        for (int node : List.of(1, 2)) {
            Files.createFile(data.node(node).resolve("unwell"));
        }
        assertRefused("raftgres node stop 1", () -> members.replace(1, fake(), TIMEOUT));
        members.replace(2, fake(), TIMEOUT);
        assertSaid("  node2 stopped");
        Files.createFile(data.node(3).resolve("unwell"));
        cluster.killNode(1);
        assertRefused(
                "Without node3, 1 of 3 voters would be left, which is no majority",
                () -> members.replace(3, fake(), TIMEOUT));
        cluster.killNode(2);
        assertThrows(RaftgresException.NotDone.class, () -> members.replace(3, fake(), TIMEOUT));
        assertTrue(cluster.node(3).isRunning(), "it may be the only one with the data");
    }

    @Test
    void slowLearnerKeepsRunningAfterTheDeadline() throws Exception {
        LocalCluster cluster = up();
        assertRefused(
                "It continues to join by itself",
                () -> new LocalMembers(cluster).add(false, fake(), Duration.ofMillis(1)));
        assertTrue(cluster.node(4).isRunning());
    }
}
