package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.Envelope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A quick test of the core under loss, duplication, reordering, late syncs, crashes, reads, transfers, cuts of the log
 * and changes of the membership. The simulator tests the same more thoroughly.
 */
class RandomFaultsTest {

    private static final int SEEDS = 40;
    private static final int STEPS = 4000;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void logsAgreeUnderFaultsAndTheClusterCommitsOnceHealed(int voters) {
        int committed = 0;
        int installed = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Shake shake = new Shake(voters, seed);
            committed += shake.run();
            installed += shake.installed;
        }
        assertTrue(installed > 0, "no snapshot was needed: the cuts are too tame");
        assertTrue(committed > SEEDS * 50, "only " + committed + " entries were committed: the faults drown it all");
    }

    private static final class Shake {
        private final String where;
        private final Random random;
        private final Cluster cluster;
        private final TreeMap<Long, Entry> committed = new TreeMap<>();
        private final TreeMap<Long, Long> leaders = new TreeMap<>();

        /** The highest commit index of any member when the read was requested. */
        private final Map<Long, Long> readFloors = new HashMap<>();

        private int proposed;
        private int installed;
        private int step;

        Shake(int voters, long seed) {
            where = "voters " + voters + " seed " + seed;
            random = new Random(seed * 1000 + voters);
            long cached = random.nextBoolean() ? 100 : 5000;
            cluster = Cluster.of(
                    voters, Rules.STANDARD, id -> new RaftConfig(id, 2, 10, 200, 3, 400, 2000, 1000, cached, 10));
            cluster.addBlank(10);
        }

        int run() {
            for (step = 0; step < STEPS; step++) {
                List<Cluster.Node> nodes = new ArrayList<>(cluster.all());
                act(nodes.get(random.nextInt(nodes.size())), random.nextInt(1000));
                check();
            }
            for (int i = 0; i < 8; i++) {
                cluster.settle();
                cluster.run(20);
                cluster.all().stream()
                        .filter(n -> n.snapshotWanted > 0)
                        .toList()
                        .forEach(this::install);
            }
            assertTrue(cluster.hasLeader(), () -> where + ": no leader after healing");
            cluster.leader().propose("last");
            cluster.settle();
            cluster.run(20);
            check();
            for (Member member : cluster.leader().core.membership().members()) {
                assertEquals("last", cluster.node(member.id()).commands().getLast(), () -> where + " " + member);
            }
            return committed.size();
        }

        private void act(Cluster.Node node, int dice) {
            if (dice < 150) {
                node.tick(1);
            } else if (dice < 750) {
                deliverOne();
            } else if (dice < 880) {
                if (!node.unsynced.isEmpty()) {
                    node.sync();
                }
            } else if (dice < 940) {
                node.propose("c" + proposed++, "d" + proposed++);
            } else if (dice < 970) {
                if (!cluster.loads.isEmpty()) {
                    cluster.loads.remove().answer();
                }
            } else if (dice < 985) {
                readFloors.put((long) step, committed.isEmpty() ? 0 : committed.lastKey());
                node.step(new Input.Read(step));
            } else if (dice < 988) {
                node.step(
                        random.nextInt(3) > 0
                                ? new Input.TransferLeadership(random.nextInt(6))
                                : new Input.Degraded(random.nextInt(3) == 0));
            } else if (dice < 992) {
                node.change(change());
            } else if (dice < 996) {
                crash(node);
            } else if (step > STEPS / 2) {
                cut(node);
            }
            if (node.snapshotWanted > 0 && random.nextInt(4) == 0) {
                install(node);
            }
        }

        /**
         * Cuts the log up to the index that every member has, or further. In the second case the others need a
         * snapshot.
         */
        private void cut(Cluster.Node node) {
            long most = Math.min(appliedIndex(node), Math.min(node.lastInLog(), node.core.commitIndex()));
            long to = random.nextBoolean() ? Math.min(node.core.matchedByAll(), most) : most;
            if (to > node.base) {
                node.trim(to + 1);
            }
        }

        private void install(Cluster.Node node) {
            List<Cluster.Node> sources = cluster.all().stream()
                    .filter(n -> n != node && appliedIndex(n) >= Math.max(node.snapshotWanted, node.base))
                    .toList();
            if (!sources.isEmpty()) {
                node.install(sources.get(random.nextInt(sources.size())));
                installed++;
            }
        }

        private void deliverOne() {
            if (cluster.network.isEmpty()) {
                return;
            }
            Envelope envelope = cluster.network.remove();
            int fate = random.nextInt(100);
            if (fate < 4) {
                return;
            }
            if (fate < 14) {
                cluster.network.addLast(envelope);
            }
            if (fate < 96) {
                cluster.deliver(envelope);
            } else {
                cluster.network.addLast(envelope);
            }
        }

        private MembershipChange change() {
            long id = 1 + random.nextInt(5);
            return switch (random.nextInt(4)) {
                case 0 -> new MembershipChange.AddLearner(Cluster.member(10, false));
                case 1 -> new MembershipChange.Promote(10);
                case 2 -> new MembershipChange.Remove(id);
                default -> new MembershipChange.Update(id, "new", "new:" + step, "http://new");
            };
        }

        private void crash(Cluster.Node node) {
            node.crash();
            long applied = appliedIndex(node);
            node.restart(Math.max(node.base, random.nextBoolean() ? applied : Math.min(applied, random.nextInt(5))));
            for (Cluster.Node other : cluster.all()) {
                if (other != node) {
                    other.step(new Input.PeerUnreachable(node.id()));
                }
            }
        }

        private static long appliedIndex(Cluster.Node node) {
            return node.applied.isEmpty() ? 0 : node.applied.getLast().index();
        }

        private void check() {
            for (Cluster.Node node : cluster.all()) {
                if (node.core.role() == Role.LEADER) {
                    Long other = leaders.putIfAbsent(node.core.term(), node.id());
                    assertTrue(other == null || other == node.id(), () -> at() + "two leaders in one term");
                }
                List<Entry> applied = node.applied;
                for (int i = Math.max(0, applied.size() - 20); i < applied.size(); i++) {
                    Entry entry = applied.get(i);
                    assertEquals(i + 1, entry.index(), () -> at() + "applied out of order at " + node.id());
                    Entry known = committed.putIfAbsent(entry.index(), entry);
                    assertTrue(known == null || known.term() == entry.term(), () -> at() + known + " and " + entry);
                }
                for (Output.ReadResult read : node.reads) {
                    boolean fresh = read.failed() || read.index() >= readFloors.get(read.id());
                    assertTrue(fresh, () -> at() + "stale " + read);
                }
                node.reads.clear();
            }
        }

        private String at() {
            return where + " step " + step + ": ";
        }
    }
}
