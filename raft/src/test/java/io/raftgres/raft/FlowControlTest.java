package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Output.Proposed.Accepted;
import io.raftgres.raft.Output.Proposed.Refused;
import io.raftgres.raft.Output.Refusal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** All queues are bounded, and one large entry always passes. */
class FlowControlTest {

    private static final int ENTRY_BYTES = 100;

    private static Cluster cluster(
            int appendBytes, int inflight, long inflightBytes, long uncommitted, long unapplied) {
        return Cluster.of(
                3,
                Rules.STANDARD,
                id -> new RaftConfig(
                        id, 2, 10, appendBytes, inflight, inflightBytes, uncommitted, unapplied, 1 << 20, 10));
    }

    private static Output.Proposed propose(Cluster.Node node, int count) {
        List<byte[]> commands = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            commands.add(new byte[ENTRY_BYTES - Entry.OVERHEAD_BYTES]);
        }
        return node.step(new Input.Propose(commands)).proposed();
    }

    @Test
    void appendsInFlightAreBoundedInNumber() {
        Cluster cluster = cluster(1 << 20, 3, 1 << 20, 1 << 20, 1 << 20);
        Cluster.Node leader = cluster.elect(1);
        for (int i = 0; i < 10; i++) {
            propose(leader, 1);
        }
        assertEquals(3, requestsTo(cluster, 2).size());
        cluster.settle();
        assertEquals(10, cluster.node(2).commands().size());
    }

    @Test
    void appendsInFlightAreBoundedInBytes() {
        Cluster cluster = cluster(5 * ENTRY_BYTES, 100, 20 * ENTRY_BYTES, 1 << 20, 1 << 20);
        Cluster.Node leader = cluster.elect(1);
        propose(leader, 100);
        List<AppendRequest> requests = requestsTo(cluster, 2);
        assertEquals(4, requests.size());
        requests.forEach(r -> assertEquals(5, r.entries().size()));
        cluster.settle();
        assertEquals(100, cluster.node(2).commands().size());
    }

    @Test
    void proposalsBeyondTheBoundAreRefused() {
        Cluster cluster = cluster(1 << 20, 10, 1 << 20, 10 * ENTRY_BYTES, 1 << 20);
        Cluster.Node leader = cluster.elect(1);
        assertEquals(10, ((Accepted) propose(leader, 25)).count());
        assertEquals(10 * ENTRY_BYTES, leader.core.uncommittedBytes());
        assertEquals(Refusal.OVERLOADED, ((Refused) propose(leader, 1)).reason());
        cluster.settle();
        assertEquals(0, leader.core.uncommittedBytes());
        assertEquals(10, ((Accepted) propose(leader, 25)).count());
    }

    @Test
    void theBoundHoldsWhileOnlyTheLeadersDiskLags() {
        Cluster cluster = cluster(1 << 20, 10, 1 << 20, 10 * ENTRY_BYTES, 1 << 20);
        Cluster.Node leader = cluster.elect(1);
        leader.diskStalled = true;
        propose(leader, 10);
        cluster.settle();
        assertEquals(10, leader.commands().size());
        assertEquals(Refusal.OVERLOADED, ((Refused) propose(leader, 1)).reason());
    }

    @Test
    void singleLargeEntryPassesEveryBound() {
        Cluster cluster = cluster(10, 10, 10, 10, 10);
        Cluster.Node leader = cluster.elect(1);
        assertEquals(1, ((Accepted) propose(leader, 3)).count());
        cluster.settle();
        cluster.all().forEach(n -> assertEquals(1, n.commands().size()));
    }

    @Test
    void anEmptyBatchIsTakenAndAppendsNothing() {
        Cluster cluster = Cluster.of(3);
        Cluster.Node leader = cluster.elect(1);
        assertEquals(new Accepted(2, 1, 0), propose(leader, 0));
        assertEquals(1, leader.core.lastIndex());
        assertEquals(Refusal.NOT_LEADER, ((Refused) propose(cluster.node(2), 1)).reason());
    }

    @Test
    void unappliedCommittedEntriesAreBounded() {
        Cluster cluster = cluster(1 << 20, 10, 1 << 20, 1 << 20, 5 * ENTRY_BYTES);
        Cluster.Node leader = cluster.elect(1);
        leader.applyStalled = true;
        propose(leader, 50);
        cluster.settle();
        assertEquals(5, leader.commands().size());
        leader.step(new Input.Applied(leader.applied.getLast().index()));
        assertEquals(10, leader.commands().size());
        leader.applyStalled = false;
        leader.step(new Input.Applied(leader.applied.getLast().index()));
        assertEquals(50, leader.commands().size());
    }

    @Test
    void silentFollowerDelaysOnlyItself() {
        Cluster cluster = cluster(200, 3, 600, 1 << 20, 1 << 20);
        Cluster.Node leader = cluster.elect(1);
        cluster.isolate(3);
        for (int i = 0; i < 100; i++) {
            assertInstanceOf(Accepted.class, propose(leader, 1));
            cluster.settle();
        }
        assertEquals(100, leader.commands().size());
        assertTrue(leader.core.matchIndex(3) < 3);
    }

    private static List<AppendRequest> requestsTo(Cluster cluster, long to) {
        return cluster.network.stream()
                .filter(e -> e.to() == to && e.message() instanceof AppendRequest)
                .map(e -> (AppendRequest) e.message())
                .toList();
    }
}
