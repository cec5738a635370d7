package io.raftgres.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.client.Consistency;
import io.raftgres.client.GetResult;
import io.raftgres.client.RaftgresClient;
import io.raftgres.client.RaftgresException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A power failure: all nodes are killed at once while clients write. All acknowledged writes are there afterwards. */
@Tag("long")
class RestartIT {

    private static final int ROUNDS = 3;
    /** In this round PostgreSQL is killed with the nodes, and loses the changes that it has not flushed. */
    private static final int ROUND_WITH_POSTGRES = 2;

    private static final int WRITERS = 30;
    private static final int WRITES_BEFORE = 1_000;

    @TempDir
    Path directory;

    private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();

    @Test
    void everyAcknowledgedWriteOutlivesTheDeathOfAllNodes() throws Exception {
        try (Cluster cluster = Cluster.start(directory)) {
            for (int round = 1; round <= ROUNDS; round++) {
                killAllWhileWriting(cluster, round);
                long begun = System.nanoTime();
                startAll(cluster);
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
                String hash = cluster.awaitEqualHashes();
                for (int node = 1; node <= Cluster.NODES; node++) {
                    checkAcknowledged(cluster, node);
                }
                System.out.printf(
                        "round %d: %d acknowledged writes are on all nodes, hash %s, all ready after %d ms%n",
                        round, acknowledged.size(), hash, millis);
            }
        }
    }

    private void killAllWhileWriting(Cluster cluster, int round) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> writers = new ArrayList<>();
        int before = acknowledged.size();
        for (int i = 0; i < WRITERS; i++) {
            String prefix = "round" + round + "/" + i + "/";
            writers.add(Thread.ofVirtual().name(prefix).start(() -> write(cluster, prefix, over)));
        }
        Cluster.await(
                WRITES_BEFORE + " writes",
                Duration.ofSeconds(60),
                () -> acknowledged.size() > before + WRITES_BEFORE ? true : null);
        // Without the launcher, which takes a moment for each node.
        List<ProcessHandle> victims = new ArrayList<>();
        for (int node = 1; node <= Cluster.NODES; node++) {
            victims.add(ProcessHandle.of(cluster.nodePid(node)).orElseThrow());
            if (round == ROUND_WITH_POSTGRES) {
                victims.add(ProcessHandle.of(cluster.postgresPid(node)).orElseThrow());
            }
        }
        victims.forEach(ProcessHandle::destroyForcibly);
        over.set(true);
        for (Thread writer : writers) {
            assertTrue(writer.join(Duration.ofSeconds(30)), writer.getName() + " has not ended");
        }
        for (ProcessHandle victim : victims) {
            Cluster.await(
                    "the end of process " + victim.pid(),
                    Duration.ofSeconds(10),
                    () -> Cluster.runs(victim) ? null : true);
        }
    }

    private void write(Cluster cluster, String prefix, AtomicBoolean over) {
        try (RaftgresClient client = RaftgresClient.builder()
                .endpoints(cluster.urls())
                .timeout(Duration.ofSeconds(2))
                .build()) {
            for (int i = 0; !over.get(); i++) {
                acknowledged.put(prefix + i, client.put(prefix + i, prefix + i).revision());
            }
        } catch (RaftgresException.NotDone | RaftgresException.OutcomeUnknown e) {
            // All processes are killed.
        }
    }

    private static void startAll(Cluster cluster) throws Exception {
        for (int node = 1; node <= Cluster.NODES; node++) {
            cluster.startNode(node);
        }
        for (int node = 1; node <= Cluster.NODES; node++) {
            int each = node;
            Cluster.await(
                    "node" + node + " to be ready", Duration.ofSeconds(60), () -> cluster.isReady(each) ? true : null);
        }
    }

    private void checkAcknowledged(Cluster cluster, int node) {
        try (RaftgresClient client =
                RaftgresClient.builder().endpoint(cluster.url(node)).build()) {
            for (Map.Entry<String, Long> each : acknowledged.entrySet()) {
                byte[] key = each.getKey().getBytes(StandardCharsets.UTF_8);
                GetResult found = client.get(key, Consistency.LOCAL);
                assertTrue(found.found(), () -> each.getKey() + " is lost on node" + node);
                assertEquals(each.getValue(), found.row().modRevision(), each.getKey());
                assertEquals(each.getKey(), found.row().valueText());
            }
        }
    }
}
