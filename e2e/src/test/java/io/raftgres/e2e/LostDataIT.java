package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that lost entries which they had promised to keep: their disk was wiped, or restored to an older state. */
class LostDataIT {

    @TempDir
    Path directory;

    /**
     * Nodes 1 and 3 have a write on disk, node 3 loses its disk, and node 1 is down. Nodes 2 and 3 are a majority that
     * does not know the write, and must not elect a leader.
     */
    @Test
    void aWipedDiskDoesNotVote() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            cluster.put(1, "a", "before");
            cluster.stopNode(2);
            Cluster.await(
                    "nodes 1 and 3 to acknowledge",
                    Duration.ofSeconds(60),
                    () -> cluster.put(1, "a", "acknowledged").statusCode() < 300 ? true : null);
            cluster.stopNode(3);
            cluster.stopNode(1);
            Trees.deleteTree(cluster.directory().resolve("node3"));

            // Returns at once, because no majority runs.
            cluster.startNode(3);
            Cluster.await(
                    "node3 to begin, with nobody who would know it",
                    Duration.ofSeconds(60),
                    () -> Files.readString(cluster.log(3)).contains("node3 has started") ? true : null);
            startAndLetGo(cluster, 2);
            Cluster.await("node3 to hear that it was known with another log", Duration.ofSeconds(60), () -> {
                assertFalse(cluster.view(2).hasNonNull("leader"), "nodes 2 and 3 have elected one another");
                return Files.readString(cluster.log(3)).contains("it takes part again as a new member") ? true : null;
            });
            startAndLetGo(cluster, 1);
            Cluster.await(
                    "the acknowledged write to be there again",
                    Duration.ofSeconds(60),
                    () -> cluster.request(2, "GET", "/v1/kv/a", null).statusCode() == 200 ? true : null);
            assertEquals("acknowledged", cluster.get(2, "a"));
            Cluster.await(
                    "node3 to serve with a new identity",
                    Duration.ofSeconds(120),
                    () -> cluster.isReady(3) ? true : null);
            assertEquals("acknowledged", cluster.get(3, "a"));
            cluster.awaitEqualHashes();
        }
    }

    /**
     * Starts the process without the launcher's command, which would wait for the node and block other commands
     * meanwhile.
     */
    private static void startAndLetGo(Cluster cluster, int node) throws Exception {
        Process command = new ProcessBuilder(
                        Cluster.root().resolve("raftgres").toString(),
                        "node",
                        "start",
                        "" + node,
                        "--data",
                        cluster.directory().toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Cluster.await(
                    "node" + node + " to answer",
                    Duration.ofSeconds(60),
                    () -> cluster.request(node, "GET", "/q/health/live", null).statusCode() == 200 ? true : null);
        } finally {
            command.destroy();
            command.waitFor();
        }
    }

    /**
     * The opposite case: the first members of a new cluster begin without the members that do not run yet, and without
     * waiting.
     */
    @Test
    void twoBlankMembersOfThreeBeginWithoutTheThird() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            for (int node = 1; node <= Cluster.NODES; node++) {
                cluster.stopNode(node);
                Trees.deleteTree(cluster.directory().resolve("node" + node));
            }
            Thread first = cluster.startBlindly(1);
            assertFalse(cluster.isReady(1));
            long begun = System.nanoTime();
            cluster.startNode(2);
            System.out.printf(
                    "two blank members of three served %d ms after the second was started%n",
                    (System.nanoTime() - begun) / 1_000_000);
            assertTrue(cluster.put(1, "a", "of two").statusCode() < 300);
            cluster.startNode(3);
            assertEquals("of two", cluster.get(3, "a"));
            assertTrue(cluster.self(3).path("voter").asBoolean());
            for (JsonNode member : cluster.view(3).path("members")) {
                assertTrue(member.path("alarms").isEmpty(), member.toString());
            }
            assertFalse(Files.readString(cluster.log(3)).contains("as a new member"), "it lost nothing");
            first.join();
        }
    }

    @Test
    void diskRestoredToAnEarlierStateRaisesAnAlarm() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            cluster.put(1, "a", "0");
            int leader = cluster.leader();
            int victim = leader % 3 + 1;
            Path data = cluster.directory().resolve("node" + victim);
            Path copy = cluster.directory().resolve("copy");
            cluster.stopNode(victim);
            copy(data, copy);
            cluster.startNode(victim);
            for (int i = 1; i <= 20; i++) {
                cluster.put(leader, "a", "" + i);
            }
            Cluster.await(
                    "the victim to have acknowledged",
                    Duration.ofSeconds(30),
                    () -> cluster.member(leader, "node" + victim).path("lag").asLong() == 0 ? true : null);
            cluster.stopNode(victim);
            Trees.deleteTree(data);
            copy(copy, data);
            cluster.startNode(victim);
            assertEquals(leader, cluster.leader(), "who leads still is who had the acknowledgements");
            Cluster.await(
                    "the leader to say so",
                    Duration.ofSeconds(30),
                    () -> cluster.self(leader).path("alarms").toString().contains("lost-entries") ? true : null);
            assertTrue(Files.readString(cluster.log(leader))
                    .contains("the log of member node" + victim + " has gone backwards"));
            assertEquals("20", cluster.get(victim, "a"));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                Files.copy(each, to.resolve(from.relativize(each)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
