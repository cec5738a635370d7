package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Durable data survives a restart, other data is lost as if it had never existed, and no entry is applied twice. */
class RestartTest {

    @Test
    void aVoteIsRemembered() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node voter = cluster.node(2);
        voter.receive(1, new VoteRequest(4, 0, 0, false));
        voter.sync();
        voter.crash();
        voter.restart(0);
        assertEquals(4, voter.core.term());
        voter.receive(3, new VoteRequest(4, 0, 0, false));
        assertEquals(
                new VoteResponse(4, false), voter.last.messages().getFirst().message());
    }

    @Test
    void theLogIsHandedOutAgainFromWhereTheStateStands() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        for (int i = 0; i < 20; i++) {
            leader.propose("c" + i);
            cluster.settle();
        }
        for (Cluster.Node node : cluster.all()) {
            node.crash();
        }
        for (Cluster.Node node : cluster.all()) {
            node.restart(5 * node.id());
            assertEquals(5 * node.id(), node.core.commitIndex());
            assertEquals(21, node.core.durableIndex());
        }
        cluster.run(5 * Cluster.ELECTION);
        for (Cluster.Node node : cluster.all()) {
            assertEquals(20, node.commands().size());
            for (int i = 0; i < node.applied.size(); i++) {
                assertEquals(i + 1, node.applied.get(i).index());
            }
        }
    }

    @Test
    void entriesThatWereNotDurableAreSentAgain() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.node(3).diskStalled = true;
        leader.propose("a", "b");
        cluster.settle();
        cluster.node(3).crash();
        cluster.node(3).diskStalled = false;
        cluster.node(3).restart(1);
        leader.propose("c");
        cluster.run(Cluster.HEARTBEAT);
        assertEquals(List.of("a", "b", "c"), cluster.node(3).commands());
    }

    @Test
    void stateAheadOfItsLogWaitsForTheLog() {
        // The leader applied entries that a majority had on disk, and lost the end of its own log, which was not
        // synced.
        Cluster cluster = Cluster.of(3);
        Cluster.Node old = cluster.elect(1);
        old.diskStalled = true;
        old.propose("a", "b");
        cluster.settle();
        assertEquals(List.of("a", "b"), old.commands());
        old.crash();
        old.diskStalled = false;
        old.restart(3);
        assertEquals(1, old.core.lastIndex());
        assertEquals(1, old.core.commitIndex());
        cluster.runUntil(() -> cluster.hasLeader() && cluster.leader().id() != 1);
        cluster.leader().propose("c");
        cluster.run(Cluster.ELECTION);
        assertEquals(List.of("a", "b", "c"), old.commands());
    }

    @Test
    void returningLogMayBeCutAtTheStatesIndex() {
        // The leader that replicates the entries again does not know yet that they are committed.
        Restored restored = new Restored(
                new HardState(1, 1),
                0,
                0,
                Cluster.voters(1, 2, 3),
                List.of(new Restored.TermStart(1, 1)),
                List.of(),
                1,
                3);
        RaftCore core = new RaftCore(Cluster.config(2), restored, 1, Rules.STANDARD);
        assertEquals(1, core.commitIndex());
        core.step(new Input.Receive(1, new AppendRequest(2, 1, 1, List.of(entry(2), entry(3), entry(4)), 1)));
        assertEquals(3, core.commitIndex());
        core.step(new Input.LogDurable(1));
        core.step(new Input.LogTrimmed(4));
        assertThrows(IllegalStateException.class, () -> core.step(new Input.LogTrimmed(5)));
    }

    private static Entry entry(long index) {
        return new Entry(index, 1, Entry.Kind.COMMAND, new byte[] {1});
    }

    @Test
    void membershipInTheLogTakesEffect() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.change(new MembershipChange.Remove(3));
        cluster.settle();
        leader.crash();
        leader.restart(0);
        assertEquals(List.of(1L, 2L), leader.core.membership().voters());
    }

    @Test
    void aRestoredLogThatWasCutKnowsItsBase() {
        Restored restored = new Restored(
                new HardState(3, 1),
                10,
                2,
                Cluster.voters(1, 2, 3),
                List.of(new Restored.TermStart(11, 2), new Restored.TermStart(13, 3)),
                List.of(),
                15,
                12);
        RaftCore core = new RaftCore(Cluster.config(2), restored, 1, Rules.STANDARD);
        assertEquals(15, core.lastIndex());
        assertEquals(12, core.commitIndex());
        assertEquals(10, core.matchedByAll());
        Output output = core.step(new Input.Receive(1, new AppendRequest(3, 12, 2, List.of(), 14)));
        assertEquals(
                new Message.AppendAccepted(3, 12), output.messages().getFirst().message());
        output = core.step(new Input.Receive(1, new AppendRequest(3, 15, 3, List.of(), 14)));
        assertEquals(14, core.commitIndex());
        assertEquals(List.of(new Output.Load(Member.NONE, 13, 14, 64 << 10)), output.loads());
    }

    @Test
    void inconsistentRestoredStateIsRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new RaftCore(
                        Cluster.config(1),
                        new Restored(new HardState(1, 1), 10, 1, Cluster.voters(1), List.of(), List.of(), 5, 10),
                        1,
                        Rules.STANDARD));
        assertThrows(
                IllegalArgumentException.class,
                () -> new RaftCore(
                        Cluster.config(1),
                        new Restored(new HardState(1, 1), 10, 1, Cluster.voters(1), List.of(), List.of(), 10, 5),
                        1,
                        Rules.STANDARD));
        assertThrows(
                IllegalArgumentException.class,
                () -> new RaftCore(
                        Cluster.config(1),
                        new Restored(new HardState(1, 1), 10, 2, Cluster.voters(1), List.of(), List.of(), 10, 10),
                        1,
                        Rules.STANDARD),
                "a leader of term 1 would believe that its entry 10 is here");
    }
}
