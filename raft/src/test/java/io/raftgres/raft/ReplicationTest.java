package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.SnapshotRequired;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The leader replicates its log to every member, whatever messages are lost, and whatever entries the member had
 * before.
 */
class ReplicationTest {

    @Test
    void aBatchGoesOutAtOnceAsOneAppendAndOneRequestForEachFollower() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        assertEquals(new Output.Proposed.Accepted(2, 1, 3), leader.propose("a", "b", "c"));
        assertEquals(3, leader.last.append().entries().size());
        List<AppendRequest> requests = cluster.waiting(AppendRequest.class);
        assertEquals(2, requests.size());
        assertEquals(3, requests.getFirst().entries().size());
        cluster.settle();
        for (Cluster.Node node : cluster.all()) {
            assertEquals(List.of("a", "b", "c"), node.commands());
        }
    }

    @Test
    void acknowledgementsLeaveOnlyWhenDurable() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        Output output = follower.step(new Input.Receive(1, new AppendRequest(1, 1, 1, List.of(entry(2, 1)), 1)));
        assertTrue(output.messages().isEmpty());
        assertEquals(
                new AppendAccepted(1, 2),
                output.append().afterDurable().getFirst().message());
        assertEquals(1, follower.core.durableIndex());
        follower.sync();
        assertEquals(2, follower.core.durableIndex());
        // All entries are durable already: the same append again needs no write.
        output = follower.step(new Input.Receive(1, new AppendRequest(1, 1, 1, List.of(entry(2, 1)), 1)));
        assertEquals(new AppendAccepted(1, 2), output.messages().getFirst().message());
    }

    @Test
    void aStalledDiskIsNotAskedForTheSamePromiseAgainAndAgain() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        Cluster.Node follower = cluster.node(2);
        follower.diskStalled = true;
        cluster.settle();
        cluster.run(20 * Cluster.ELECTION);
        assertTrue(follower.unsynced.size() < 5, follower.unsynced.size() + " appends wait");
        follower.diskStalled = false;
        cluster.settle();
        assertEquals(List.of("a"), follower.commands());
    }

    @Test
    void lostAppendsAreSentAgain() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.lost = e -> e.to() == 3 && e.message() instanceof AppendRequest;
        for (int i = 0; i < 10; i++) {
            leader.propose("c" + i);
            cluster.settle();
        }
        assertEquals(0, cluster.node(3).commands().size());
        cluster.heal();
        cluster.run(3 * Cluster.ELECTION);
        assertEquals(10, cluster.node(3).commands().size());
        assertEquals(leader.core.lastIndex(), leader.core.matchIndex(3));
    }

    @Test
    void aLostLastAppendIsNoticedWithoutAnyMoreProposals() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.lost = e -> e.message() instanceof AppendRequest;
        leader.propose("a");
        cluster.settle();
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        for (Cluster.Node node : cluster.all()) {
            assertEquals(List.of("a"), node.commands());
        }
    }

    @Test
    void appendsOutOfOrderAndTwiceLeadToTheSameLog() {
        Cluster cluster = Cluster.of(2);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a");
        leader.propose("b");
        leader.propose("c");
        List<AppendRequest> requests = new ArrayList<>(cluster.waiting(AppendRequest.class));
        assertEquals(3, requests.size());
        for (AppendRequest request : requests.reversed()) {
            cluster.node(2).receive(1, request);
        }
        for (AppendRequest request : requests) {
            cluster.node(2).receive(1, request);
        }
        assertEquals(4, cluster.node(2).core.lastIndex());
        // An old append must not cut entries that a newer one brought.
        cluster.node(2).receive(1, requests.getFirst());
        assertEquals(4, cluster.node(2).core.lastIndex());
        cluster.settle();
        assertEquals(List.of("a", "b", "c"), cluster.node(2).commands());
    }

    @Test
    void anEntryNoMajorityHasIsReplacedByTheNewLeaders() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node old = cluster.elect(1);
        cluster.isolate(1);
        old.propose("lost1", "lost2", "lost3");
        cluster.settle();
        assertEquals(4, old.core.durableIndex());
        cluster.runUntil(() -> cluster.hasLeader() && cluster.leader().id() != 1);
        cluster.leader().propose("kept");
        cluster.settle();
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        for (Cluster.Node node : cluster.all()) {
            assertEquals(List.of("kept"), node.commands());
        }
    }

    @Test
    void backTrackingGoesATermAtATime() {
        // The follower has 50 entries of term 2 that the leader does not have, after 1 entry that both have.
        Cluster cluster = Cluster.of(2);
        Cluster.Node follower = cluster.node(2);
        List<Entry> stale = new ArrayList<>();
        for (int i = 2; i <= 51; i++) {
            stale.add(entry(i, 2));
        }
        follower.receive(1, new AppendRequest(2, 0, 0, List.of(entry(1, 1)), 0));
        follower.receive(1, new AppendRequest(2, 1, 1, stale, 0));
        follower.receive(1, new AppendRequest(9, 40, 8, List.of(), 0));
        AppendRejected rejected =
                (AppendRejected) follower.last.messages().getFirst().message();
        assertEquals(39, rejected.hintIndex());
        assertEquals(2, rejected.hintTerm());
        follower.receive(1, new AppendRequest(9, 40, 1, List.of(), 0));
        rejected = (AppendRejected) follower.last.messages().getFirst().message();
        assertEquals(1, rejected.hintIndex());
    }

    @Test
    void aLongDivergenceTakesFewRoundTrips() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node old = cluster.elect(1);
        cluster.isolate(1);
        for (int i = 0; i < 100; i++) {
            old.propose("lost" + i);
        }
        cluster.runUntil(() -> cluster.hasLeader() && cluster.leader().id() != 1);
        for (int i = 0; i < 100; i++) {
            cluster.leader().propose("kept" + i);
            cluster.settle();
        }
        cluster.heal();
        int[] rejections = {0};
        cluster.lost = e -> {
            if (e.message() instanceof AppendRejected) {
                rejections[0]++;
            }
            return false;
        };
        cluster.run(3 * Cluster.ELECTION);
        assertEquals(100, old.commands().size());
        assertTrue(rejections[0] <= 5, rejections[0] + " rejections");
    }

    @Test
    void durabilityReportFromBeforeATruncationIsIgnored() {
        Cluster.Node follower = Cluster.of(3).node(2);
        follower.receive(1, new AppendRequest(1, 0, 0, List.of(entry(1, 1), entry(2, 1), entry(3, 1)), 0));
        follower.receive(3, new AppendRequest(2, 1, 1, List.of(entry(2, 2), entry(3, 2)), 0));
        follower.sync();
        assertEquals(1, follower.core.durableIndex());
        follower.sync();
        assertEquals(3, follower.core.durableIndex());
    }

    @Test
    void aCommittedEntryIsNeverTruncated() {
        Cluster.Node follower = Cluster.of(3).node(2);
        follower.receive(1, new AppendRequest(1, 0, 0, List.of(entry(1, 1), entry(2, 1)), 2));
        IllegalStateException broken = assertThrows(
                IllegalStateException.class,
                () -> follower.receive(3, new AppendRequest(2, 0, 0, List.of(entry(1, 2)), 0)));
        assertTrue(broken.getMessage().contains("truncate from index 1 on, and entries up to 2 are committed"));
    }

    @Test
    void aFollowerBehindTheCacheIsServedFromTheDisk() {
        Cluster cluster =
                Cluster.of(3, Rules.STANDARD, id -> new RaftConfig(id, 2, 10, 200, 4, 1000, 1 << 16, 1 << 16, 100, 10));
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        for (int i = 0; i < 60; i++) {
            leader.propose("command number " + i);
            cluster.settle();
        }
        cluster.heal();
        leader.step(new Input.PeerUnreachable(3));
        cluster.run(Cluster.HEARTBEAT);
        assertEquals(60, cluster.node(3).commands().size());
    }

    @Test
    void loadsOfAPeerRunOneAtATime() {
        Cluster cluster =
                Cluster.of(2, Rules.STANDARD, id -> new RaftConfig(id, 2, 10, 200, 4, 1000, 1 << 16, 1 << 16, 100, 10));
        Cluster.Node node = cluster.elect(1);
        for (int i = 0; i < 60; i++) {
            node.propose("command number " + i);
            cluster.settle();
        }
        cluster.node(2).crash();
        node.crash();
        node.restart(0);
        cluster.node(2).restart(0);
        for (int i = 0; i < 30; i++) {
            node.tick(1);
        }
        cluster.run(0);
        int before = cluster.loads.size();
        node.tick(5);
        assertTrue(cluster.loads.size() <= Math.max(2, before));
    }

    @Test
    void followersHearOfTheCommitAtOnce() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a");
        cluster.settle();
        for (Cluster.Node node : cluster.all()) {
            assertEquals(2, node.core.commitIndex());
        }
    }

    @Test
    void indexThatAllMembersHaveIsKnownToAll() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        leader.propose("a", "b");
        cluster.run(Cluster.HEARTBEAT);
        assertEquals(1, leader.core.matchedByAll());
        cluster.heal();
        cluster.run(3 * Cluster.ELECTION);
        for (Cluster.Node node : cluster.all()) {
            assertEquals(3, node.core.matchedByAll());
        }
    }

    @Test
    void trimmedLogContinues() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b", "c");
        cluster.run(Cluster.HEARTBEAT);
        for (Cluster.Node node : cluster.all()) {
            node.trim(node.core.matchedByAll());
        }
        leader.propose("d");
        cluster.settle();
        assertEquals(List.of("a", "b", "c", "d"), cluster.node(3).commands());
        // An append that reaches below the cut is known to match there.
        cluster.node(3).receive(1, new AppendRequest(1, 1, 1, List.of(entry(2, 1)), 2));
        assertInstanceOf(
                AppendAccepted.class, cluster.node(3).last.messages().getFirst().message());
        assertThrows(IllegalStateException.class, () -> leader.step(new Input.LogTrimmed(99)));
    }

    @Test
    void aLeaderWithACutLogFindsWhereAnUnreachableMemberMatches() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a", "b", "c");
        cluster.run(Cluster.HEARTBEAT);
        cluster.all().forEach(n -> n.trim(n.core.matchedByAll()));
        cluster.isolate(3);
        cluster.node(1).step(new Input.TransferLeadership(2));
        cluster.settle();
        Cluster.Node leader = cluster.leader();
        assertEquals(2, leader.id());
        leader.step(new Input.PeerUnreachable(3));
        leader.propose("d");
        cluster.settle();
        leader.step(new Input.PeerUnreachable(3));
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        assertEquals(List.of("a", "b", "c", "d"), cluster.node(3).commands());
    }

    @Test
    void memberThatNeedsTrimmedEntriesGetsSnapshotRequiredAndNoAppends() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        leader.propose("a", "b", "c");
        cluster.settle();
        leader.trim(4);
        leader.step(new Input.PeerUnreachable(3));
        cluster.heal();
        cluster.run(4 * Cluster.HEARTBEAT);
        assertEquals(3, cluster.node(3).snapshotWanted);
        assertTrue(leader.core.needsSnapshot(3));
        int[] reported = {0};
        cluster.lost = e -> {
            if (e.to() == 3 && e.message() instanceof SnapshotRequired required) {
                assertEquals(new SnapshotRequired(1, 4), required);
                reported[0]++;
            }
            assertFalse(e.to() == 3 && e.message() instanceof AppendRequest, e.toString());
            return false;
        };
        cluster.run(10 * Cluster.HEARTBEAT);
        assertTrue(reported[0] >= 2 && reported[0] <= 6, "sent " + reported[0] + " times");
    }

    @Test
    void aHeartbeatClaimsNothingAboutTheLog() {
        Cluster.Node follower = Cluster.of(3).node(2);
        follower.receive(1, new AppendRequest(1, 0, 0, List.of(entry(1, 1), entry(2, 1)), 0));
        follower.receive(3, new Heartbeat(2, 2, 7, 2));
        assertEquals(0, follower.core.commitIndex());
        assertEquals(0, follower.core.matchedByAll());
        assertEquals(
                new HeartbeatResponse(2, 7, false),
                follower.last.messages().getFirst().message());
    }

    /**
     * A disk has lost entries that it had reported as synced. The leader no longer counts them, and reports the loss.
     */
    @Test
    void lostEntriesOfAFollowerAreNoticedAndCountNoMore() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b", "c");
        cluster.settle();
        cluster.isolate(2);
        leader.propose("d", "e");
        cluster.settle();
        long match = leader.core.matchIndex(3);
        assertEquals(leader.core.lastIndex(), match);
        Cluster.Node liar = cluster.node(3);
        liar.crash();
        while (liar.lastInLog() > 2) {
            liar.log.removeLast();
        }
        liar.restart(1);
        leader.step(new Input.PeerUnreachable(3));
        // No message of the leader may count these entries before it has noticed the loss.
        cluster.runUntil(() -> !leader.lostEntries.isEmpty());
        assertEquals(List.of(new Output.LostEntries(3, match, 2)), leader.lostEntries);
        assertEquals(Role.LEADER, leader.core.role());
        cluster.runUntil(() -> leader.core.matchIndex(3) == leader.core.lastIndex());
        assertEquals(List.of("a", "b", "c", "d", "e"), liar.commands());
        assertEquals(1, leader.lostEntries.size());
    }

    @Test
    void aFollowerThatLostAllAndWhoseLeaderWasCutNeedsASnapshot() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b", "c");
        cluster.run(3 * Cluster.HEARTBEAT);
        leader.trim(4);
        Cluster.Node wiped = cluster.node(3);
        wiped.crash();
        wiped.wipe();
        wiped.core = new RaftCore(wiped.config, Restored.blank(Cluster.voters(1, 2, 3)), 5, Rules.STANDARD);
        leader.step(new Input.PeerUnreachable(3));
        cluster.runUntil(() -> wiped.snapshotWanted == 3);
        assertEquals(1, leader.lostEntries.size());
        assertEquals(0, leader.core.matchIndex(3));
        assertTrue(leader.core.needsSnapshot(3));
    }

    /** A rejection may be late: the member sent it before its promise, and it arrives afterwards. */
    @Test
    void aLateRejectionProvesNothing() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b");
        cluster.settle();
        long match = leader.core.matchIndex(2);
        for (int i = 0; i < 10; i++) {
            leader.receive(2, new AppendRejected(leader.core.term(), match, 0, 0));
            cluster.settle();
        }
        leader.step(new Input.PeerUnreachable(2));
        for (int i = 0; i < 10; i++) {
            leader.receive(2, new AppendRejected(leader.core.term(), match, 0, 0));
            cluster.settle();
        }
        assertEquals(List.of(), leader.lostEntries);
        assertEquals(match, leader.core.matchIndex(2));
    }

    private static Entry entry(long index, long term) {
        return new Entry(index, term, Entry.Kind.COMMAND, new byte[] {1});
    }
}
