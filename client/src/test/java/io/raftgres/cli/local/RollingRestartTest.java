package io.raftgres.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("long")
class RollingRestartTest extends LocalClusterFixture {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private void restart(LocalCluster cluster, NodeCommand command, Duration timeout) throws InterruptedException {
        new RollingRestart(cluster).run(command, timeout);
    }

    @Test
    void theLeaderComesLastAndTheNextOnlyWhenTheOneBeforeServes() throws Exception {
        LocalCluster cluster = up();
        int before = diary().size();
        restart(cluster, fake(), TIMEOUT);
        List<String> after = diary().subList(before, diary().size()).stream()
                .filter(line -> !line.startsWith("peers"))
                .toList();
        assertEquals(
                List.of("stop node2", "start node2", "stop node3", "start node3", "stop node1", "start node1"), after);
        assertSaid("Restarting nodes 1 to 3, one at a time; node1 is the leader and comes last");
        assertTrue(said.getLast().startsWith("Restarted nodes 1 to 3 in "), said.getLast());
        assertTrue(cluster.nodes().stream().allMatch(NodeProcess::isRunning));
    }

    @Test
    void aClusterOfOneIsRestartedToo() throws Exception {
        layout = new Layout(1, layout.httpPort(), layout.peerPort(), layout.postgresPort(), layout.etcdPort());
        LocalCluster cluster = up();
        restart(cluster, fake(), TIMEOUT);
        assertSaid("Restarting node 1 only, one at a time");
        assertTrue(said.stream().anyMatch(line -> line.startsWith("  writes wait while a voter restarts")));
    }

    @Test
    void restartStopsAtTheFirstNodeThatDoesNotReturn() throws Exception {
        LocalCluster cluster = up();
        assertRefused("the disk is on fire", () -> restart(cluster, fake("-Dfake=fail"), TIMEOUT));
        assertEquals(List.of(1, 3), running(cluster));
        cluster.startNode(2, fake());
        assertRefused(
                "node2 serves, but has not caught up after 8.0 s",
                () -> restart(cluster, fake("-Dfake=behind"), Duration.ofSeconds(8)));
        assertTrue(diary("stop node3").isEmpty() && diary("stop node1").isEmpty());
    }

    @Test
    void aClusterThatIsNotWholeIsNotTouched() throws Exception {
        LocalCluster cluster = up();
        cluster.killNode(2);
        assertRefused("node2 is down ('raftgres node start 2')", () -> restart(cluster, fake(), TIMEOUT));
        assertEquals(List.of(1, 3), running(cluster));
    }

    private static List<Integer> running(LocalCluster cluster) {
        return cluster.nodes().stream()
                .filter(NodeProcess::isRunning)
                .map(NodeProcess::number)
                .toList();
    }
}
