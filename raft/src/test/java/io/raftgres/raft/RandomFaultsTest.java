package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.Envelope;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A quick shake of the core: loss, duplication, reordering, late syncs, crashes. The simulator does it in earnest. */
class RandomFaultsTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void logsAgreeUnderFaultsAndTheClusterCommitsOnceHealed(int voters) {
        for (long seed = 1; seed <= 40; seed++) {
            shake(voters, seed);
        }
    }

    private static void shake(int voters, long seed) {
        Random random = new Random(seed * 1000 + voters);
        Cluster cluster = Cluster.of(voters, Rules.STANDARD, id -> new RaftConfig(
                id, 2, 10, 200, 3, 400, 2000, 1000, random.nextBoolean() ? 100 : 5000, 10));
        TreeMap<Long, Entry> committed = new TreeMap<>();
        TreeMap<Long, Long> leaders = new TreeMap<>();
        int proposed = 0;
        for (int i = 0; i < 4000; i++) {
            List<Cluster.Node> nodes = new ArrayList<>(cluster.all());
            Cluster.Node node = nodes.get(random.nextInt(nodes.size()));
            int dice = random.nextInt(100);
            if (dice < 20) {
                node.tick(1);
            } else if (dice < 75 && !cluster.network.isEmpty()) {
                deliverOne(cluster, random);
            } else if (dice < 88 && !node.unsynced.isEmpty()) {
                node.sync();
            } else if (dice < 95) {
                node.propose("c" + proposed++, "d" + proposed++);
            } else if (dice < 97 && !cluster.loads.isEmpty()) {
                cluster.loads.remove().answer();
            } else if (dice == 98 && random.nextInt(4) == 0) {
                node.crash();
                long applied = node.applied.isEmpty() ? 0 : node.applied.getLast().index();
                node.restart(random.nextBoolean() ? applied : Math.min(applied, random.nextInt(5)));
                cluster.nodes.values().forEach(n -> {
                    if (n != node) {
                        n.step(new Input.PeerUnreachable(node.id()));
                    }
                });
            } else if (dice == 99) {
                node.step(new Input.Read(i));
            }
            check(cluster, committed, leaders, "voters " + voters + " seed " + seed + " step " + i);
        }
        finish(cluster, committed, leaders, "voters " + voters + " seed " + seed);
    }

    private static void deliverOne(Cluster cluster, Random random) {
        Envelope envelope = cluster.network.remove();
        int fate = random.nextInt(100);
        if (fate < 5) {
            return;
        }
        if (fate < 10) {
            cluster.network.addLast(envelope);
        }
        if (fate >= 90) {
            cluster.network.addLast(envelope);
            return;
        }
        cluster.deliver(envelope);
    }

    private static void check(
            Cluster cluster, TreeMap<Long, Entry> committed, TreeMap<Long, Long> leaders, String where) {
        for (Cluster.Node node : cluster.all()) {
            if (node.core.role() == Role.LEADER) {
                Long other = leaders.putIfAbsent(node.core.term(), node.id());
                assertTrue(other == null || other == node.id(), () -> where + ": two leaders in one term");
            }
            List<Entry> applied = node.applied;
            for (int i = Math.max(0, applied.size() - 20); i < applied.size(); i++) {
                Entry entry = applied.get(i);
                assertEquals(i + 1, entry.index(), () -> where + ": applied out of order at " + node.id());
                Entry known = committed.putIfAbsent(entry.index(), entry);
                assertTrue(known == null || known.term() == entry.term(), () -> where + ": " + known + " " + entry);
            }
        }
    }

    private static void finish(
            Cluster cluster, TreeMap<Long, Entry> committed, TreeMap<Long, Long> leaders, String where) {
        cluster.settle();
        cluster.run(60);
        assertTrue(cluster.hasLeader(), () -> where + ": no leader after healing");
        cluster.leader().propose("last");
        cluster.settle();
        cluster.run(20);
        check(cluster, committed, leaders, where);
        for (Cluster.Node node : cluster.all()) {
            assertEquals("last", node.commands().getLast(), () -> where + " at " + node.id());
        }
    }
}
