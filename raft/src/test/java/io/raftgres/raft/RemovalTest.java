package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.MembershipChange.AddLearner;
import io.raftgres.raft.MembershipChange.Promote;
import io.raftgres.raft.MembershipChange.Remove;
import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import io.raftgres.raft.Output.Proposed;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Members are removed permanently, learn of their removal, and never take the quorum away. */
class RemovalTest {

    @Test
    void theLeaderIsNotRemovedBeforeAnotherLeads() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        refused("member node1 is the leader; transfer leadership to another voter first", leader.change(new Remove(1)));
        leader.step(new Input.TransferLeadership(2));
        cluster.settle();
        accepted(cluster.leader().change(new Remove(1)));
        cluster.run(5 * Cluster.ELECTION);
        assertEquals(List.of(2L, 3L), cluster.leader().core.membership().voters());
        assertEquals(Role.LEARNER, leader.core.role());
    }

    @Test
    void aRemovalThatWouldCostTheQuorumIsRefused() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        cluster.run(Cluster.ELECTION);
        refused(
                "removal of node2 would leave node1, node3, of which only node1 responds; "
                        + "start or remove node3 first",
                leader.change(new Remove(2)));
        accepted(leader.change(new Remove(3)));
        cluster.settle();
        accepted(leader.change(new Remove(2)));
        cluster.settle();
        assertEquals(List.of(1L), leader.core.committedMembership().voters());
    }

    /** Requests to remove the former leader come within milliseconds, when some of its messages are still in flight. */
    @Test
    void newLeaderGivesMembersTimeToRespond() {
        Cluster cluster = Cluster.of(3);
        cluster.isolate(3);
        Cluster.Node leader = cluster.elect(1);
        String sentence = "removal of node2 would leave node1, node3, of which only node1 responds; "
                + "start or remove node3 first";
        assertEquals(new Proposed.Refused(Output.Refusal.TOO_EARLY, sentence), leader.change(new Remove(2)));
        Output.Refusal early =
                ((Proposed.Refused) leader.step(new Input.TransferLeadership(3)).proposed()).reason();
        assertEquals(Output.Refusal.TOO_EARLY, early);
        cluster.run(Cluster.ELECTION);
        refused(sentence, leader.change(new Remove(2)));
        cluster.heal();
        cluster.run(2 * Cluster.HEARTBEAT);
        accepted(leader.change(new Remove(2)));
    }

    /** Does not wait for an election timeout: a removal requested just after a crash must not lose the quorum. */
    @Test
    void disconnectedMemberCountsAsSilent() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.run(Cluster.ELECTION);
        cluster.isolate(3);
        leader.step(new Input.PeerUnreachable(3));
        refused(
                "removal of node2 would leave node1, node3, of which only node1 responds; "
                        + "start or remove node3 first",
                leader.change(new Remove(2)));
    }

    @Test
    void ofFiveWithTwoUnavailableOnlyThoseTwoMayBeRemoved() {
        Cluster cluster = Cluster.of(5);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(4);
        cluster.isolate(5);
        cluster.run(Cluster.ELECTION);
        refused(
                "removal of node2 would leave node1, node3, node4, node5, of which only node1, node3 respond; "
                        + "start or remove node4, node5 first",
                leader.change(new Remove(2)));
        accepted(leader.change(new Remove(4)));
        cluster.settle();
        accepted(leader.change(new Remove(5)));
    }

    @Test
    void aPromotionThatWouldCostTheQuorumIsRefused() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.addBlank(4);
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.run(2 * Cluster.HEARTBEAT);
        cluster.isolate(3);
        cluster.isolate(4);
        cluster.run(Cluster.ELECTION);
        refused(
                "promotion of node4 would make voters of node1, node2, node3, node4, of which only node1, node2 "
                        + "respond; start or remove node3, node4 first",
                leader.change(new Promote(4)));
        cluster.heal();
        cluster.isolate(4);
        cluster.run(Cluster.HEARTBEAT);
        refused("member node4 does not respond; promote it when it runs again", leader.change(new Promote(4)));
        cluster.heal();
        cluster.isolate(3);
        cluster.run(Cluster.ELECTION);
        accepted(leader.change(new Promote(4)));
    }

    @Test
    void aLearnerMayAlwaysBeRemoved() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new AddLearner(Cluster.member(4, false))));
        cluster.settle();
        cluster.isolate(3);
        cluster.run(Cluster.ELECTION);
        accepted(leader.change(new Remove(4)));
    }

    @Test
    void theLastVoterWithItsStateInOrderStays() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.node(2).step(new Input.Degraded(true));
        cluster.run(2 * Cluster.HEARTBEAT);
        cluster.lost = e -> e.message() instanceof Message.TimeoutNow;
        leader.step(new Input.Degraded(true));
        cluster.run(2 * Cluster.ELECTION);
        assertFalse(leader.core.transferring());
        refused(
                "member node3 is the only voter with a healthy state; wait until another voter has recovered",
                leader.change(new Remove(3)));
        accepted(leader.change(new Remove(2)));
    }

    @Test
    void aRemovedMemberLearnsOfItAndThenHasNoVote() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new Remove(3)));
        cluster.run(2 * Cluster.HEARTBEAT);
        Cluster.Node removed = cluster.node(3);
        assertTrue(removed.core.committedMembership().removed().contains(3L));
        assertEquals(Role.LEARNER, removed.core.role());
        removed.receive(2, new VoteRequest(9, 100, 9, true));
        assertEquals(
                new VoteResponse(9, false), removed.last.messages().getFirst().message());
        assertNotEquals(2, removed.hardState.votedFor());
        // The leader does not try permanently.
        cluster.run(11 * Cluster.ELECTION);
        leader.propose("a");
        assertFalse(cluster.network.stream().anyMatch(e -> e.to() == 3), cluster.network.toString());
    }

    @Test
    void memberBeingRemovedCountsInNoMajority() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.run(Cluster.HEARTBEAT);
        cluster.isolate(2);
        accepted(leader.change(new Remove(3)));
        cluster.settle();
        // The member has the entry and confirms it.
        assertEquals(2, cluster.node(3).core.lastIndex());
        leader.receive(3, new AppendAccepted(1, 2));
        assertEquals(1, leader.core.commitIndex());
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        assertEquals(2, leader.core.commitIndex());
        assertEquals(2, leader.core.matchedByAll());
    }

    @Test
    void leaderElectedWithItsOwnRemovalCommitsItAndStepsDown() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node old = cluster.elect(1);
        cluster.lost = e -> e.to() == 2 && e.message() instanceof AppendRequest;
        accepted(old.change(new Remove(3)));
        cluster.settle();
        assertEquals(2, cluster.node(3).core.lastIndex());
        assertEquals(1, cluster.node(3).core.commitIndex());
        old.crash();
        old.restart(1);
        cluster.heal();
        Cluster.Node removed = cluster.node(3);
        // It is still a voter in the committed membership, so it may campaign. Its own vote does not count.
        removed.step(new Input.PeerUnreachable(1));
        cluster.node(2).step(new Input.PeerUnreachable(1));
        while (removed.core.role() != Role.CANDIDATE && removed.core.role() != Role.LEADER) {
            removed.tick(1);
            while (!cluster.network.isEmpty()) {
                cluster.deliver(cluster.network.remove());
            }
        }
        cluster.settle();
        assertEquals("its removal is committed", removed.lastReason());
        assertEquals(List.of(1L, 2L), removed.core.committedMembership().voters());
        cluster.run(5 * Cluster.ELECTION);
        assertNotEquals(3, cluster.leader().id());
    }

    @Test
    void laterMessagesOfARemovedMemberAreIgnored() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        accepted(leader.change(new Remove(3)));
        cluster.settle();
        long term = leader.core.term();
        leader.receive(3, new Message.HeartbeatResponse(term + 40, 1, false));
        leader.receive(3, new VoteResponse(term + 40, true));
        leader.receive(3, new Message.AppendRejected(term + 40, 1, 0, 0));
        assertEquals(term, leader.core.term());
        assertEquals(Role.LEADER, leader.core.role());
    }

    private static void accepted(Proposed proposed) {
        assertInstanceOf(Proposed.Accepted.class, proposed);
    }

    private static void refused(String detail, Proposed proposed) {
        assertEquals(new Proposed.Refused(Output.Refusal.UNSAFE, detail), proposed);
    }
}
