package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.AppendAccepted;
import io.raftgres.raft.Message.AppendRejected;
import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.HeartbeatResponse;
import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Message.ReadIndexRequest;
import io.raftgres.raft.Message.ReadIndexResponse;
import io.raftgres.raft.Message.SnapshotRequired;
import io.raftgres.raft.Message.TimeoutNow;
import io.raftgres.raft.Message.VoteRequest;
import io.raftgres.raft.Message.VoteResponse;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The core ignores invalid messages from the network: no exception, no change of its state. */
class HostileInputTest {

    @Test
    void appendsThatNoLeaderSendsAreIgnored() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1);
        Cluster.Node follower = cluster.node(2);
        List<AppendRequest> nonsense = List.of(
                new AppendRequest(1, 1, 1, List.of(entry(3, 1)), 1),
                new AppendRequest(1, 1, 1, List.of(entry(2, 1), entry(4, 1)), 1),
                new AppendRequest(1, 1, 1, List.of(entry(2, 7)), 1),
                new AppendRequest(1, -5, 1, List.of(), 1),
                new AppendRequest(1, 1, -1, List.of(), 1),
                new AppendRequest(1, 0, 1, List.of(), 1),
                new AppendRequest(1, 1, 9, List.of(), 1),
                new AppendRequest(1, 1, 1, List.of(new Entry(2, 1, Entry.Kind.MEMBERSHIP, new byte[] {1, 2, 3})), 1),
                new AppendRequest(-1, 1, 1, List.of(), 1),
                new AppendRequest(Long.MAX_VALUE, 1, 1, List.of(), 1));
        for (AppendRequest request : nonsense) {
            Output output = follower.step(new Input.Receive(1, request));
            assertTrue(output.messages().isEmpty(), request.toString());
            assertEquals(1, follower.core.lastIndex());
            assertEquals(1, follower.core.term());
        }
    }

    @Test
    void aSecondLeaderInOneTermIsIgnored() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        for (Cluster.Node node : List.of(leader, cluster.node(2))) {
            Output output = node.step(new Input.Receive(3, new AppendRequest(1, 0, 0, List.of(entry(1, 1)), 1)));
            assertTrue(output.messages().isEmpty());
            output = node.step(new Input.Receive(3, new Heartbeat(1, 1, 1, 1)));
            assertTrue(output.messages().isEmpty());
            assertEquals(1, node.core.leader());
        }
        assertEquals(Role.LEADER, leader.core.role());
    }

    @Test
    void impossibleResponsesAreIgnored() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(2);
        cluster.isolate(3);
        leader.propose("a", "b");
        cluster.settle();
        for (long index : new long[] {-1, 4, Long.MAX_VALUE, Long.MIN_VALUE}) {
            leader.receive(2, new AppendAccepted(1, index));
        }
        // Messages of strangers have no effect, whatever term they claim.
        leader.receive(77, new AppendAccepted(1, 3));
        leader.receive(77, new HeartbeatResponse(50, 3, false));
        leader.receive(77, new VoteResponse(50, true));
        leader.receive(0, new HeartbeatResponse(50, 3, false));
        leader.receive(1, new HeartbeatResponse(50, 3, false));
        assertEquals(1, leader.core.commitIndex());
        assertEquals(Role.LEADER, leader.core.role());
        assertEquals(1, leader.core.term());
    }

    @Test
    void anyMessageWithAnyNumbersThrowsNothingAndCommitsNothing() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            Cluster cluster = Cluster.of(3);
            Cluster.Node leader = cluster.elect(1);
            for (int i = 0; i < 200; i++) {
                // Only responses and votes: a forged message of a leader in a new term could replace the log, as Raft
                // allows.
                long from = random.nextInt(5);
                leader.receive(from, response(random));
                cluster.node(2).receive(from, response(random));
                cluster.node(2).receive(2 + random.nextInt(3), oldAppend(random));
                if (random.nextInt(10) == 0) {
                    leader.tick(1);
                    leader.propose("x");
                }
            }
            assertTrue(leader.core.commitIndex() <= leader.core.lastIndex());
            assertTrue(cluster.node(2).core.commitIndex() >= 1);
        }
    }

    private static Message response(Random random) {
        long term = number(random);
        return switch (random.nextInt(10)) {
            case 0 -> new PreVoteRequest(term, number(random), number(random));
            case 1 -> new PreVoteResponse(term, random.nextBoolean());
            case 2 -> new VoteRequest(term, number(random), number(random), random.nextBoolean());
            case 3 -> new VoteResponse(term, random.nextBoolean());
            case 4 -> new AppendRejected(term, number(random), number(random), number(random));
            case 5 -> new HeartbeatResponse(term, number(random), false);
            case 6 -> new ReadIndexRequest(term, number(random));
            case 8 -> new SnapshotRequired(random.nextInt(2), number(random));
            case 7 -> new ReadIndexResponse(term, number(random), number(random));
            default -> new TimeoutNow(term);
        };
    }

    private static Message oldAppend(Random random) {
        return random.nextBoolean()
                ? new AppendRequest(random.nextInt(2), number(random), number(random), List.of(), number(random))
                : new Heartbeat(random.nextInt(2), number(random), number(random), number(random));
    }

    private static long number(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(4);
            case 1 -> random.nextLong();
            case 2 -> Long.MAX_VALUE - random.nextInt(3);
            default -> -random.nextInt(3);
        };
    }

    private static Entry entry(long index, long term) {
        return new Entry(index, term, Entry.Kind.COMMAND, new byte[] {1});
    }
}
