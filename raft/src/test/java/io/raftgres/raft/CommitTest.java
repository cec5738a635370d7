package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A committed entry is durable on a majority, and a leader commits by entries of its own term only. The core hands out
 * committed entries once, in order.
 */
class CommitTest {

    @Test
    void aMajorityCommitsWhileTheLeadersOwnDiskLags() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.diskStalled = true;
        leader.propose("a");
        cluster.settle();
        assertEquals(2, leader.core.commitIndex());
        assertEquals(1, leader.core.durableIndex());
        assertEquals(List.of("a"), leader.commands());
    }

    @Test
    void theLeaderDoesNotCountItselfBeforeItsLogIsDurable() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.diskStalled = true;
        cluster.node(3).diskStalled = true;
        leader.propose("a");
        cluster.settle();
        assertEquals(1, leader.core.commitIndex());
        leader.diskStalled = false;
        cluster.settle();
        assertEquals(2, leader.core.commitIndex());
    }

    @Test
    void anEntryOfAnOlderTermIsCommittedOnlyWithOneOfTheOwnTerm() {
        // Paper, figure 8: an entry of term 1 is on a majority, but the leader must not commit it by counting.
        List<Restored.TermStart> terms = List.of(new Restored.TermStart(1, 1));
        RaftCore core = new RaftCore(
                Cluster.config(1),
                new Restored(new HardState(1, 1), 0, 0, Cluster.voters(1, 2, 3), terms, List.of(), 5, 0),
                1,
                Rules.STANDARD);
        while (core.role() == Role.FOLLOWER) {
            core.step(new Input.Tick());
        }
        core.step(new Input.Receive(2, new Message.PreVoteResponse(2, true)));
        core.step(new Input.LogDurable(1));
        core.step(new Input.Receive(2, new Message.VoteResponse(2, true)));
        assertEquals(Role.LEADER, core.role());
        core.step(new Input.Receive(2, new AppendAccepted(2, 5)));
        assertEquals(0, core.commitIndex());
        core.step(new Input.LogDurable(2));
        assertEquals(0, core.commitIndex());
        core.step(new Input.Receive(2, new AppendAccepted(2, 6)));
        assertEquals(6, core.commitIndex());
    }

    @Test
    void followerCommitsOnlyVerifiedEntries() {
        Cluster.Node follower = Cluster.of(3).node(2);
        follower.receive(1, new AppendRequest(1, 0, 0, List.of(entry(1, 1), entry(2, 1), entry(3, 1)), 0));
        follower.receive(3, new AppendRequest(2, 0, 0, List.of(entry(1, 1)), 3));
        assertEquals(1, follower.core.commitIndex());
        follower.receive(3, new Heartbeat(2, 3, 0, 0));
        assertEquals(1, follower.core.commitIndex());
    }

    @Test
    void aFollowerAppliesNoFurtherThanItsOwnDisk() {
        Cluster.Node follower = Cluster.of(3).node(2);
        follower.receive(1, new AppendRequest(1, 0, 0, List.of(entry(1, 1), entry(2, 1)), 2));
        assertEquals(2, follower.core.commitIndex());
        assertTrue(follower.applied.isEmpty());
        follower.sync();
        assertEquals(2, follower.applied.size());
    }

    @Test
    void applyingMoreThanWasHandedOutIsAnError() {
        Cluster cluster = Cluster.of(1);
        Cluster.Node node = cluster.elect(1);
        assertThrows(IllegalStateException.class, () -> node.step(new Input.Applied(9)));
        assertThrows(IllegalStateException.class, () -> node.step(new Input.LogDurable(9)));
    }

    private static Entry entry(long index, long term) {
        return new Entry(index, term, Entry.Kind.COMMAND, new byte[] {1});
    }
}
