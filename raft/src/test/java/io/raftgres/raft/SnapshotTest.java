package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.MembershipChange.AddLearner;
import io.raftgres.raft.MembershipChange.Promote;
import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.SnapshotRequired;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Output.Proposed.Accepted;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A member that needs entries which were cut asks for a snapshot, and continues from another member's state. A member
 * without a state votes and accepts entries.
 */
class SnapshotTest {

    /** @return a leader whose log begins at 12, while node 3 has only entry 1 */
    private static Cluster.Node cutOffThree(Cluster cluster) {
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        for (int i = 0; i < 10; i++) {
            leader.propose("c" + i);
            cluster.settle();
        }
        leader.trim(12);
        leader.step(new Input.PeerUnreachable(3));
        cluster.heal();
        return leader;
    }

    @Test
    void memberThatNeedsASnapshotContinuesFromAnothersState() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cutOffThree(cluster);
        Cluster.Node member = cluster.node(3);
        cluster.runUntil(() -> member.snapshotWanted > 0);
        assertEquals(11, member.snapshotWanted);
        assertTrue(leader.core.needsSnapshot(3));
        assertEquals(0, member.commands().size());
        HardState before = member.hardState;
        member.install(cluster.node(2));
        assertEquals(before.term(), member.core.term());
        leader.propose("d");
        cluster.run(4 * Cluster.HEARTBEAT);
        assertFalse(leader.core.needsSnapshot(3));
        assertEquals(leader.commands(), member.commands());
        assertEquals(12, leader.core.matchIndex(3));
        assertEquals(0, member.snapshotWanted);
    }

    @Test
    void firstRejectionShowsThatAMemberIsFarBehind() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cutOffThree(cluster);
        int[] entriesSent = {0};
        cluster.lost = e -> {
            if (e.to() == 3 && e.message() instanceof AppendRequest request) {
                entriesSent[0] += request.entries().size();
            }
            return false;
        };
        leader.propose("d");
        cluster.run(4 * Cluster.HEARTBEAT);
        assertTrue(leader.core.needsSnapshot(3));
        assertEquals(0, entriesSent[0]);
    }

    @Test
    void aSnapshotThatIsOlderThanTheCutIsNotEnough() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cutOffThree(cluster);
        Cluster.Node member = cluster.node(3);
        cluster.runUntil(() -> member.snapshotWanted > 0);
        member.install(cluster.node(2));
        cluster.isolate(3);
        leader.propose("d", "e");
        cluster.settle();
        leader.trim(14);
        cluster.heal();
        cluster.runUntil(() -> member.snapshotWanted > 0);
        assertEquals(13, member.snapshotWanted);
        member.install(leader);
        cluster.run(4 * Cluster.HEARTBEAT);
        assertEquals(13, leader.core.matchIndex(3));
    }

    @Test
    void aLogThatHoldsTheSnapshotsEntryIsKept() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b");
        cluster.settle();
        Cluster.Node member = cluster.node(3);
        cluster.node(2).applyStalled = true;
        member.crash();
        member.restart(Restored.NO_STATE);
        member.install(cluster.node(2));
        assertEquals(0, member.base);
        assertEquals(3, member.core.lastIndex());
        cluster.run(Cluster.HEARTBEAT);
        assertEquals(List.of("a", "b"), member.commands());
    }

    @Test
    void aNewMemberJoinsALogThatWasCut() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b");
        cluster.run(Cluster.HEARTBEAT);
        cluster.all().forEach(n -> n.trim(4));
        Cluster.Node learner = cluster.addBlank(4);
        assertInstanceOf(Accepted.class, leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.runUntil(() -> learner.snapshotWanted > 0);
        assertEquals(3, learner.snapshotWanted);
        learner.install(cluster.node(2));
        cluster.run(4 * Cluster.HEARTBEAT);
        assertEquals(List.of("a", "b"), learner.commands());
        assertEquals(leader.core.membership(), learner.core.membership());
        assertInstanceOf(Accepted.class, leader.change(new Promote(4)));
        cluster.settle();
        assertEquals(Role.FOLLOWER, learner.core.role());
    }

    @Test
    void theOrderFromAnOldLeaderOrWithNonsenseIsNotFollowed() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        for (long first : new long[] {1, 0, -7, Long.MIN_VALUE}) {
            Output output = follower.step(new Input.Receive(1, new SnapshotRequired(1, first)));
            assertEquals(0, output.snapshotWanted());
            assertTrue(output.messages().isEmpty());
        }
        Output output = follower.step(new Input.Receive(3, new SnapshotRequired(0, 9)));
        assertEquals(0, output.snapshotWanted());
        assertEquals(
                new HeartbeatResponse(1, 0, false), output.messages().getFirst().message());
        output = follower.step(new Input.Receive(1, new SnapshotRequired(1, 9)));
        assertEquals(8, output.snapshotWanted());
    }

    @Test
    void memberWithTheEntriesAcknowledgesTheCommittedOnes() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b");
        cluster.run(Cluster.HEARTBEAT);
        Output output = cluster.node(2).step(new Input.Receive(1, new SnapshotRequired(1, 3)));
        assertEquals(0, output.snapshotWanted());
        assertEquals(new AppendAccepted(1, 3), output.messages().getFirst().message());
    }

    @Test
    void statelessMemberVotesAndAcknowledgesAndAppliesNothing() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a");
        cluster.settle();
        Cluster.Node member = cluster.node(3);
        member.crash();
        member.restart(Restored.NO_STATE);
        member.applied.clear();
        assertEquals(0, member.core.commitIndex());
        assertTrue(member.core.isDegraded());
        cluster.isolate(2);
        leader.propose("b");
        cluster.run(2 * Cluster.HEARTBEAT);
        assertEquals(List.of("a", "b"), leader.commands());
        assertEquals(3, member.core.commitIndex());
        assertEquals(List.of(), member.applied);
        assertThrows(IllegalStateException.class, () -> member.step(new Input.Applied(1)));
        // Its report that it is not degraded does not give it a state.
        member.step(new Input.Degraded(false));
        assertTrue(member.core.isDegraded());
        cluster.node(3).receive(2, new VoteRequest(9, 3, 1, true));
        cluster.settle();
        assertEquals(new HardState(9, 2), member.hardState);
    }

    @Test
    void statelessMembersLogMayBeCutUpToTheCommitIndex() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        Cluster.Node member = cluster.node(3);
        member.crash();
        member.restart(Restored.NO_STATE);
        cluster.isolate(2);
        leader.propose("a", "b");
        cluster.run(2 * Cluster.HEARTBEAT);
        member.trim(4);
        assertThrows(IllegalStateException.class, () -> member.step(new Input.LogTrimmed(5)));
        // A state from before the beginning of the log is of no use.
        member.crash();
        assertThrows(IllegalArgumentException.class, () -> member.restart(2));
        member.restart(Restored.NO_STATE);
        assertEquals(3, member.core.commitIndex());
    }
}
