package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.TimeoutNow;
import io.raftgres.raft.Output.Proposed.Accepted;
import io.raftgres.raft.Output.Proposed.Refused;
import io.raftgres.raft.Output.Refusal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A leadership transfer does not wait for an election timeout. If it fails, the leader stays. */
class TransferTest {

    @Test
    void theTargetLeadsAtOnceWithTheWholeLog() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a");
        assertInstanceOf(
                Accepted.class, leader.step(new Input.TransferLeadership(3)).proposed());
        cluster.settle();
        assertEquals(3, cluster.leader().id());
        assertEquals(List.of("a"), cluster.leader().commands());
        assertEquals(Role.FOLLOWER, leader.core.role());
    }

    @Test
    void aTargetThatLagsIsBroughtUpToDateFirst() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        for (int i = 0; i < 50; i++) {
            leader.propose("c" + i);
            cluster.settle();
        }
        cluster.heal();
        leader.step(new Input.PeerUnreachable(3));
        leader.step(new Input.TransferLeadership(3));
        assertEquals(0, cluster.waiting(TimeoutNow.class).size());
        cluster.run(2 * Cluster.HEARTBEAT);
        assertEquals(3, cluster.leader().id());
        assertEquals(50, cluster.node(3).commands().size());
    }

    /** Otherwise writes would wait until the target has all missing entries. */
    @Test
    void aTargetFarBehindIsNotWaitedForByWrites() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        // Each entry fits into the limit of bytes in flight to a member; all together do not.
        String large = "x".repeat(1 << 10);
        for (int i = 0; i < 5; i++) {
            leader.propose(large);
            cluster.settle();
        }
        cluster.heal();
        // The target responds again, and still lacks all entries.
        cluster.lost = e -> e.message() instanceof Message.AppendAccepted && e.from() == 3;
        cluster.run(3 * Cluster.HEARTBEAT);
        Refused refused = (Refused) leader.step(new Input.TransferLeadership(3)).proposed();
        assertEquals(
                new Refused(
                        Refusal.TOO_EARLY,
                        "member node3 is 5 entries behind, more than writes can wait for;"
                                + " wait until it has caught up"),
                refused);
        assertInstanceOf(Accepted.class, leader.propose("a"));
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        assertInstanceOf(
                Accepted.class, leader.step(new Input.TransferLeadership(3)).proposed());
        cluster.settle();
        assertEquals(3, cluster.leader().id());
    }

    @Test
    void degradedLeaderTransfersToNoMemberFarBehind() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.node(2).step(new Input.Degraded(true));
        cluster.run(2 * Cluster.HEARTBEAT);
        cluster.lost = e -> e.message() instanceof Message.AppendAccepted && e.from() == 3;
        for (int i = 0; i < 5; i++) {
            leader.propose("x".repeat(1 << 10));
            cluster.settle();
        }
        leader.step(new Input.Degraded(true));
        for (int tick = 0; tick < 8 * Cluster.ELECTION; tick++) {
            cluster.run(1);
            assertFalse(leader.core.transferring(), "at tick " + tick);
        }
        // The target has caught up.
        cluster.heal();
        cluster.run(2 * Cluster.ELECTION);
        assertEquals(3, cluster.leader().id());
    }

    /** However often a client requests the transfer, or this leader wants it itself. */
    @Test
    void writesAreAcceptedMostOfTheTimeThoughNoTransferSucceeds() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.run(2 * Cluster.HEARTBEAT);
        cluster.lost = e -> e.message() instanceof TimeoutNow;
        int waited = 0;
        int ticks = 100 * Cluster.ELECTION;
        for (int tick = 0; tick < ticks; tick++) {
            leader.step(new Input.TransferLeadership(3));
            waited += leader.core.transferring() ? 1 : 0;
            cluster.run(1);
        }
        assertTrue(waited > 0 && waited <= ticks / 4, waited + " of " + ticks + " ticks, asked for all the time");
        leader.step(new Input.Degraded(true));
        waited = 0;
        for (int tick = 0; tick < ticks; tick++) {
            waited += leader.core.transferring() ? 1 : 0;
            cluster.run(1);
        }
        assertTrue(waited > 0 && waited <= ticks / 16, waited + " of " + ticks + " ticks, by itself");
    }

    @Test
    void transferWaitsForNoTimer() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.propose("a");
        cluster.settle();
        // The next probe would wait for the response to a heartbeat.
        leader.step(new Input.PeerUnreachable(3));
        leader.propose("b");
        leader.step(new Input.TransferLeadership(3));
        assertTrue(leader.core.transferring());
        cluster.settle();
        assertEquals(3, cluster.leader().id());
        assertEquals(List.of("a", "b"), cluster.leader().commands());
        assertFalse(leader.core.transferring());
    }

    @Test
    void proposalsWaitForATransferAndContinueWhenItFails() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        leader.step(new Input.TransferLeadership(3));
        assertEquals(Refusal.TRANSFERRING, ((Refused) leader.propose("a")).reason());
        assertEquals(Refusal.TRANSFERRING, ((Refused) leader.change(new MembershipChange.Remove(3))).reason());
        cluster.run(Cluster.ELECTION);
        assertInstanceOf(Accepted.class, leader.propose("a"));
        cluster.settle();
        assertEquals(List.of("a"), leader.commands());
    }

    @Test
    void aLostOrderIsRepeated() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.lost = e -> e.message() instanceof TimeoutNow;
        leader.step(new Input.TransferLeadership(3));
        cluster.settle();
        cluster.heal();
        cluster.run(2 * Cluster.HEARTBEAT);
        assertEquals(3, cluster.leader().id());
    }

    @Test
    void targetOfATransferIsAnotherVoter() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        assertEquals(
                Refusal.UNSAFE,
                ((Refused) leader.step(new Input.TransferLeadership(1)).proposed()).reason());
        assertEquals(
                Refusal.UNSAFE,
                ((Refused) leader.step(new Input.TransferLeadership(9)).proposed()).reason());
        assertEquals(
                Refusal.NOT_LEADER,
                ((Refused) cluster.node(2).step(new Input.TransferLeadership(3)).proposed()).reason());
    }

    @Test
    void anOrderFromAnyoneButTheLeaderIsIgnored() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.node(2).receive(3, new TimeoutNow(1));
        assertEquals(Role.FOLLOWER, cluster.node(2).core.role());
        cluster.node(2).receive(1, new TimeoutNow(0));
        assertEquals(Role.FOLLOWER, cluster.node(2).core.role());
    }
}
