package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.ReadIndexRequest;
import io.raftgres.raft.Message.ReadIndexResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A read index is never below the commit index at the time of the request, on any member. */
class ReadIndexTest {

    @Test
    void singleVoterAnswersReadsAtOnce() {
        Cluster.Node node = Cluster.of(1).node(1);
        assertEquals(
                List.of(new Output.ReadResult(1, 0)),
                node.step(new Input.Read(1)).reads());
        Cluster cluster = Cluster.of(1);
        node = cluster.elect(1);
        assertEquals(
                List.of(new Output.ReadResult(2, 1)),
                node.step(new Input.Read(2)).reads());
    }

    @Test
    void theLeaderAnswersAfterAQuorumRoundThatItStartsAtOnce() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        assertTrue(leader.step(new Input.Read(5)).reads().isEmpty());
        assertEquals(2, cluster.waiting(Heartbeat.class).size());
        cluster.settle();
        assertEquals(List.of(new Output.ReadResult(5, 1)), leader.reads);
    }

    @Test
    void readsDuringARoundShareTheNextOne() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.step(new Input.Read(1));
        for (int id = 2; id <= 9; id++) {
            leader.step(new Input.Read(id));
        }
        assertEquals(2, cluster.waiting(Heartbeat.class).size());
        // Responses to round 1 confirm nothing for reads that came after the round began.
        leader.receive(2, new HeartbeatResponse(1, 1, false));
        assertEquals(1, leader.reads.size());
        leader.receive(3, new HeartbeatResponse(1, 1, false));
        assertEquals(1, leader.reads.size());
        leader.receive(3, new HeartbeatResponse(1, 2, false));
        assertEquals(9, leader.reads.size());
    }

    @Test
    void aRoundThatWasNeverStartedConfirmsNothing() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        leader.receive(2, new HeartbeatResponse(1, 99, false));
        leader.step(new Input.Read(1));
        assertTrue(leader.reads.isEmpty());
    }

    @Test
    void isolatedLeaderFailsItsReads() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(1);
        leader.step(new Input.Read(1));
        cluster.run(Cluster.ELECTION);
        assertEquals(List.of(new Output.ReadResult(1, 0)), leader.reads);
    }

    @Test
    void aNewLeaderAnswersOnlyAfterCommittingInItsTerm() {
        Cluster cluster = Cluster.of(3);
        cluster.lost = e -> e.message() instanceof AppendRequest;
        Cluster.Node leader = cluster.elect(1);
        leader.step(new Input.Read(1));
        cluster.run(Cluster.HEARTBEAT);
        assertTrue(leader.reads.isEmpty());
        cluster.heal();
        cluster.run(4 * Cluster.HEARTBEAT);
        assertEquals(List.of(new Output.ReadResult(1, 1)), leader.reads);
    }

    @Test
    void aFollowerAsksTheLeader() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("a");
        cluster.settle();
        Cluster.Node follower = cluster.node(2);
        follower.step(new Input.Read(7));
        cluster.settle();
        assertEquals(List.of(new Output.ReadResult(7, 2)), follower.reads);
    }

    @Test
    void followersReadFailsWhenTheResponseIsLost() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        cluster.lost = e -> e.message() instanceof ReadIndexResponse;
        follower.step(new Input.Read(7));
        cluster.run(Cluster.ELECTION - 1);
        assertTrue(follower.reads.isEmpty());
        cluster.run(1);
        assertEquals(List.of(new Output.ReadResult(7, 0)), follower.reads);
    }

    @Test
    void aFollowersReadFailsWhenItLosesItsLeader() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        follower.step(new Input.Read(7));
        follower.step(new Input.PeerUnreachable(1));
        assertEquals(List.of(new Output.ReadResult(7, 0)), follower.reads);
    }

    @Test
    void responseFromBeforeARestartMatchesNoNewRead() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        follower.step(new Input.Read(1));
        long oldNumber = cluster.waiting(ReadIndexRequest.class).getFirst().id();
        follower.crash();
        follower.restart(0);
        cluster.run(Cluster.HEARTBEAT);
        follower.step(new Input.Read(1));
        follower.receive(1, new ReadIndexResponse(1, oldNumber, 1));
        assertTrue(follower.reads.isEmpty());
    }

    @Test
    void followerRefusesForwardedReads() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        cluster.node(2).receive(3, new ReadIndexRequest(1, 55));
        assertEquals(
                new ReadIndexResponse(1, 55, 0),
                cluster.node(2).last.messages().getFirst().message());
    }

    @Test
    void waitingReadsAreBounded() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        for (int id = 0; id <= ReadIndex.MAX_WAITING; id++) {
            leader.step(new Input.Read(id));
        }
        assertEquals(List.of(new Output.ReadResult(ReadIndex.MAX_WAITING, 0)), leader.reads);
        Cluster.Node follower = cluster.node(2);
        for (int id = 0; id <= ReadIndex.MAX_WAITING; id++) {
            follower.step(new Input.Read(id));
        }
        assertEquals(List.of(new Output.ReadResult(ReadIndex.MAX_WAITING, 0)), follower.reads);
    }
}
