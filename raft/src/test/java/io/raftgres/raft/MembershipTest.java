package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.MembershipChange.AddLearner;
import io.raftgres.raft.MembershipChange.Promote;
import io.raftgres.raft.MembershipChange.Remove;
import io.raftgres.raft.MembershipChange.Update;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Output.Proposed;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The membership changes one member at a time, through the log, and any two majorities have a member in common. */
class MembershipTest {

    @Test
    void aLearnerCatchesUpAndBecomesAVoter() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        for (int i = 0; i < 30; i++) {
            leader.propose("c" + i);
            cluster.settle();
        }
        Cluster.Node learner = cluster.addBlank(4);
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.run(2 * Cluster.HEARTBEAT);
        assertEquals(30, learner.commands().size());
        assertEquals(Role.LEARNER, learner.core.role());
        accepted(leader.change(new Promote(4)));
        cluster.settle();
        assertEquals(Role.FOLLOWER, learner.core.role());
        assertEquals(List.of(1L, 2L, 3L, 4L), cluster.node(2).core.membership().voters());
    }

    @Test
    void aLearnerCountsInNoQuorum() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.addBlank(4);
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.run(2 * Cluster.HEARTBEAT);
        cluster.isolate(2);
        cluster.isolate(3);
        leader.propose("a");
        cluster.settle();
        assertEquals(leader.core.lastIndex(), leader.core.matchIndex(4));
        assertEquals(List.of(), leader.commands());
        cluster.run(Cluster.ELECTION);
        assertNotEquals(Role.LEADER, leader.core.role());
    }

    @Test
    void aLearnerThatLagsIsNotPromoted() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        for (int i = 0; i < 20; i++) {
            leader.propose("c" + i);
        }
        cluster.settle();
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.settle();
        refused(
                "member node4 is 22 entries behind, more than 10; wait until it has caught up",
                leader.change(new Promote(4)));
    }

    @Test
    void learnerThatNeverRespondedIsNotPromoted() {
        Cluster cluster = Cluster.of(1);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new AddLearner(Cluster.member(2, false))));
        cluster.settle();
        refused("member node2 has not acknowledged any entry yet; start it first", leader.change(new Promote(2)));
        cluster.addBlank(2);
        cluster.run(2 * Cluster.HEARTBEAT);
        accepted(leader.change(new Promote(2)));
    }

    @Test
    void membershipChangesOneAtATime() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        refused(
                "the membership change at index 2 is not committed yet; try again when it is",
                leader.change(new Remove(3)));
        cluster.settle();
        accepted(leader.change(new Remove(3)));
    }

    @Test
    void noChangeBeforeTheLeaderHasCommittedInItsTerm() {
        Cluster cluster = Cluster.of(3);
        cluster.lost = e -> e.message() instanceof AppendRequest;
        Cluster.Node leader = cluster.elect(1);
        assertEquals(
                new Proposed.Refused(
                        Output.Refusal.TOO_EARLY, "no entry of term 1 is committed yet; try again in a moment"),
                leader.change(new Remove(3)));
    }

    @Test
    void aChangeCountsFromWhenItIsAppended() {
        Cluster cluster = Cluster.of(2);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(2);
        accepted(leader.change(new Remove(2)));
        assertEquals(List.of(1L), leader.core.membership().voters());
        cluster.settle();
        assertEquals(2, leader.core.commitIndex());
    }

    @Test
    void aTruncatedChangeNeverWas() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node old = cluster.elect(1);
        cluster.isolate(1);
        accepted(old.change(new Remove(3)));
        cluster.settle();
        assertFalse(old.core.membership().contains(3));
        cluster.runUntil(() -> cluster.hasLeader() && cluster.leader().id() != 1);
        cluster.leader().propose("a");
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        assertEquals(List.of("a"), old.commands());
        assertTrue(old.core.membership().isVoter(3));
    }

    @Test
    void removedMemberNeverReturns() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new Remove(3)));
        cluster.settle();
        refused(
                "member 3 was removed permanently; let it join under a new identity",
                leader.change(new AddLearner(Cluster.member(3, false))));
        // The removed member does not disturb the members that stay.
        long term = leader.core.term();
        cluster.run(10 * Cluster.ELECTION);
        assertEquals(Role.LEADER, leader.core.role());
        assertEquals(term, leader.core.term());
    }

    @Test
    void changesThatMakeNoSenseAreRefusedWithASentence() {
        Cluster cluster = Cluster.of(1);
        Cluster.Node leader = cluster.elect(1);
        refused("member node1 is the last voter; a cluster needs one", leader.change(new Remove(1)));
        refused("there is no member 9", leader.change(new Remove(9)));
        refused("there is no member 9", leader.change(new Promote(9)));
        refused("there is no member 9", leader.change(new Update(9, "n", "a:1", "b")));
        refused("member node1 is already a voter", leader.change(new Promote(1)));
        refused(
                "a new member joins as a learner; promote it when it has caught up",
                leader.change(new AddLearner(Cluster.member(2, true))));
        refused("member node1 is already in the cluster", leader.change(new AddLearner(Cluster.member(1, false))));
    }

    @Test
    void theNumberOfVotersIsBounded() {
        Cluster cluster = Cluster.of(Membership.MAX_VOTERS);
        Cluster.Node leader = cluster.elect(1);
        cluster.addBlank(20);
        accepted(leader.change(new AddLearner(Cluster.member(20, false))));
        cluster.run(2 * Cluster.HEARTBEAT);
        refused("there are 9 voters already, the maximum; remove one first", leader.change(new Promote(20)));
    }

    @Test
    void onlyNameAndAddressesOfAMemberChange() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new Update(2, "other", "elsewhere:2", "http://elsewhere")));
        cluster.settle();
        assertEquals(
                new Member(2, "other", true, "elsewhere:2", "http://elsewhere"),
                cluster.node(3).core.membership().member(2).orElseThrow());
    }

    @Test
    void aMemberThatJoinsKeepsTheLogFromBeingCut() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a", "b");
        cluster.run(Cluster.HEARTBEAT);
        assertEquals(3, cluster.node(2).core.matchedByAll());
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.run(Cluster.HEARTBEAT);
        cluster.all().forEach(n -> assertEquals(0, n.core.matchedByAll()));
        cluster.addBlank(4);
        cluster.run(3 * Cluster.HEARTBEAT);
        cluster.all().forEach(n -> assertEquals(4, n.core.matchedByAll()));
    }

    private static void accepted(Proposed proposed) {
        assertInstanceOf(Proposed.Accepted.class, proposed);
    }

    private static void refused(String detail, Proposed proposed) {
        assertEquals(new Proposed.Refused(Output.Refusal.UNSAFE, detail), proposed);
    }
}
