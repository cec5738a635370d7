package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A candidate wins an election with a majority. Elections do not disturb a working leader, and replace a lost leader
 * quickly.
 */
class ElectionTest {

    @Test
    void aSingleVoterLeadsOnceItsVoteIsDurable() {
        Cluster cluster = Cluster.of(1);
        Cluster.Node node = cluster.node(1);
        node.diskStalled = true;
        cluster.run(2 * Cluster.ELECTION);
        assertEquals(Role.CANDIDATE, node.core.role());
        assertEquals(new HardState(1, 1), node.unsynced.getFirst().hardState());
        node.diskStalled = false;
        cluster.settle();
        assertEquals(Role.LEADER, node.core.role());
        assertEquals(1, node.core.commitIndex());
    }

    @Test
    void threeVotersElectOneLeaderAndAllKnowIt() {
        Cluster cluster = Cluster.of(3);
        cluster.runUntil(cluster::hasLeader);
        cluster.run(Cluster.HEARTBEAT);
        long leader = cluster.leader().id();
        for (Cluster.Node node : cluster.all()) {
            assertEquals(leader, node.core.leader());
            assertEquals(cluster.leader().core.term(), node.core.term());
        }
        assertTrue(
                cluster.leader().lastReason().matches("elected by [123],[123] in term \\d+"),
                cluster.leader().lastReason());
    }

    @Test
    void membersWithOneSeedDoNotTimeOutTogether() {
        Set<Integer> waits = new HashSet<>();
        for (long id = 1; id <= 5; id++) {
            RaftCore core =
                    new RaftCore(Cluster.config(id), Restored.blank(Cluster.voters(1, 2, 3, 4, 5)), 42, Rules.STANDARD);
            int ticks = 0;
            while (core.role() == Role.FOLLOWER) {
                core.step(new Input.Tick());
                ticks++;
            }
            assertTrue(ticks >= Cluster.ELECTION && ticks < 2 * Cluster.ELECTION, "waited " + ticks);
            waits.add(ticks);
        }
        assertTrue(waits.size() > 1, "all waited " + waits);
    }

    @Test
    void votesLeaveOnlyWhenDurable() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node voter = cluster.node(2);
        Output output = voter.step(new Input.Receive(1, new VoteRequest(1, 0, 0, false)));
        assertTrue(output.messages().isEmpty());
        assertEquals(new HardState(1, 1), output.append().hardState());
        assertEquals(
                new VoteResponse(1, true),
                output.append().afterDurable().getFirst().message());
    }

    @Test
    void aCandidateAsksForVotesOnlyWhenItsOwnIsDurable() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node node = cluster.node(1);
        node.tick(2 * Cluster.ELECTION);
        Output output = node.step(new Input.Receive(2, new PreVoteResponse(1, true)));
        assertEquals(Role.CANDIDATE, node.core.role());
        assertTrue(output.messages().isEmpty());
        assertEquals(2, output.append().afterDurable().size());
        // The votes of two others are a majority without the own vote.
        node.receive(2, new VoteResponse(1, true));
        assertEquals(Role.CANDIDATE, node.core.role());
        node.receive(3, new VoteResponse(1, true));
        assertEquals(Role.LEADER, node.core.role());
    }

    @Test
    void memberVotesOnceInATerm() {
        Cluster.Node voter = Cluster.of(3).node(2);
        voter.receive(1, new VoteRequest(1, 0, 0, false));
        voter.receive(3, new VoteRequest(1, 0, 0, false));
        assertEquals(
                new VoteResponse(1, false), voter.last.messages().getFirst().message());
        voter.receive(1, new VoteRequest(1, 0, 0, false));
        assertEquals(
                new VoteResponse(1, true),
                voter.last.append().afterDurable().getFirst().message());
    }

    @Test
    void aCandidateWithAnOlderLogIsRefused() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        cluster.settle();
        Cluster.Node voter = cluster.node(2);
        long term = voter.core.term() + 5;
        voter.receive(3, new VoteRequest(term, 1, voter.core.term(), true));
        assertEquals(term, voter.core.term());
        assertEquals(
                new VoteResponse(term, false), voter.last.messages().getFirst().message());
        voter.receive(3, new VoteRequest(term, 2, 1, true));
        assertEquals(
                new VoteResponse(term, true),
                voter.last.append().afterDurable().getFirst().message());
    }

    @Test
    void memberThatHearsALeaderRefusesToVote() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        long term = follower.core.term();
        Output output = follower.step(new Input.Receive(3, new VoteRequest(term + 9, 99, 99, false)));
        assertTrue(output.messages().isEmpty());
        assertNull(output.append());
        assertEquals(term, follower.core.term());
        follower.receive(3, new PreVoteRequest(term + 9, 99, 99));
        assertEquals(
                new PreVoteResponse(term, false),
                follower.last.messages().getFirst().message());
        follower.receive(3, new VoteRequest(term + 9, 99, 99, true));
        assertEquals(term + 9, follower.core.term());
    }

    @Test
    void aMemberCutOffDoesNotRaiseItsTermAndDoesNotDisturbWhenItIsBack() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        long term = leader.core.term();
        cluster.isolate(3);
        cluster.run(20 * Cluster.ELECTION);
        assertEquals(Role.PRE_CANDIDATE, cluster.node(3).core.role());
        cluster.heal();
        cluster.run(4 * Cluster.ELECTION);
        assertEquals(Role.LEADER, leader.core.role());
        assertEquals(term, cluster.node(3).core.term());
        assertEquals(1, cluster.node(3).core.leader());
    }

    @Test
    void aLeaderWithoutAQuorumStepsDown() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(1);
        cluster.run(Cluster.ELECTION + 1);
        assertNotEquals(Role.LEADER, leader.core.role());
        assertTrue(leader.roles.stream().anyMatch(r -> r.reason().equals("no quorum heard for 10 ticks")));
        cluster.runUntil(cluster::hasLeader);
        assertNotEquals(1, cluster.leader().id());
    }

    @Test
    void aLeaderWhoseDiskStallsForLongStepsDown() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        // No other member could do better.
        cluster.node(2).step(new Input.Degraded(true));
        cluster.node(3).step(new Input.Degraded(true));
        cluster.run(2 * Cluster.HEARTBEAT);
        leader.diskStalled = true;
        leader.propose("a");
        cluster.run(9 * Cluster.ELECTION);
        assertEquals(Role.LEADER, leader.core.role());
        assertEquals(List.of("a"), leader.commands());
        cluster.run(2 * Cluster.ELECTION);
        assertNotEquals(Role.LEADER, leader.core.role());
    }

    @Test
    void anUnreachableLeaderIsReplacedWellBeforeTheElectionTimeout() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.node(1).crash();
        cluster.node(2).step(new Input.PeerUnreachable(1));
        cluster.node(3).step(new Input.PeerUnreachable(1));
        assertEquals("leader 1 is unreachable", cluster.node(2).lastReason());
        int ticks = 0;
        while (!cluster.hasLeader()) {
            cluster.run(1);
            ticks++;
        }
        assertTrue(ticks <= 3 * Cluster.HEARTBEAT, "took " + ticks + " ticks");
    }

    @Test
    void aBrokenConnectionAloneCostsTheLeaderNothing() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        long term = leader.core.term();
        for (int i = 0; i < 50; i++) {
            cluster.node(2).step(new Input.PeerUnreachable(1));
            cluster.run(1);
        }
        assertEquals(Role.LEADER, leader.core.role());
        assertEquals(term, leader.core.term());
        cluster.run(Cluster.HEARTBEAT);
        assertEquals(1, cluster.node(2).core.leader());
    }

    @Test
    void anOldLeaderLearnsOfTheNewTerm() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        follower.receive(3, new VoteRequest(9, 99, 9, true));
        follower.receive(1, new Heartbeat(1, 0, 0, 0));
        HeartbeatResponse response =
                (HeartbeatResponse) follower.last.messages().getFirst().message();
        assertEquals(9, response.term());
        cluster.node(1).receive(2, response);
        assertEquals(Role.FOLLOWER, cluster.node(1).core.role());
        assertEquals(9, cluster.node(1).core.term());
        assertEquals("higher term 9 from 2", cluster.node(1).lastReason());
    }

    @Test
    void onlyVotersCampaign() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node blank = cluster.addBlank(4);
        blank.tick(100);
        assertEquals(Role.LEARNER, blank.core.role());
        assertEquals(0, blank.core.term());
        assertFalse(cluster.network.stream().anyMatch(e -> e.from() == 4));
    }

    @Test
    void everyChangeOfRoleIsReportedWithItsReason() {
        Cluster cluster = Cluster.of(3);
        cluster.runUntil(cluster::hasLeader);
        for (Cluster.Node node : cluster.all()) {
            for (Output.RoleChange change : node.roles) {
                assertFalse(change.reason().isBlank());
            }
        }
        assertEquals(Role.LEADER, cluster.leader().roles.getLast().role());
    }
}
