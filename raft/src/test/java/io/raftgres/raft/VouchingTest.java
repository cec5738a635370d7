package io.raftgres.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.raftgres.raft.Message.AppendRequest;
import io.raftgres.raft.Message.Heartbeat;
import io.raftgres.raft.Message.PreVoteRequest;
import io.raftgres.raft.Message.SnapshotRequired;
import io.raftgres.raft.Message.VoteRequest;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A member with a blank log may have lost its disk. It is silent until enough of the others vouch for it. */
class VouchingTest {

    private static RaftCore blank(int voters) {
        Membership membership = Cluster.voters(LongStream.rangeClosed(1, voters).toArray());
        return new RaftCore(Cluster.config(1), Restored.blank(membership).unvouched(), 1, Rules.STANDARD);
    }

    private static void vouch(RaftCore core, long member, boolean blank) {
        core.step(new Input.Vouched(member, blank));
    }

    /** @return whether it sends a message by itself within a long time */
    private static boolean campaigns(RaftCore core) {
        boolean said = false;
        for (int i = 0; i < 10 * Cluster.ELECTION; i++) {
            Output output = core.step(new Input.Tick());
            said |= !output.messages().isEmpty() || output.append() != null;
        }
        return said;
    }

    @Test
    void blankMemberPromisesNothingBeforeItIsVouchedFor() {
        RaftCore core = blank(3);
        vouch(core, 2, false);
        List<Message> all = List.of(
                new PreVoteRequest(5, 9, 4),
                new VoteRequest(5, 9, 4, true),
                new Heartbeat(5, 0, 1, 0),
                new SnapshotRequired(5, 3),
                new AppendRequest(5, 0, 0, List.of(new Entry(1, 5, Entry.Kind.NOOP, new byte[0])), 0),
                new Message.TimeoutNow(5),
                new Message.ReadIndexRequest(5, 1));
        for (Message message : all) {
            Output output = core.step(new Input.Receive(2, message));
            assertTrue(output.messages().isEmpty(), () -> message + " was answered");
            assertNull(output.append(), () -> message + " was stored");
        }
        assertFalse(campaigns(core));
        assertEquals(0, core.term());
        assertFalse(core.isVouched());
        vouch(core, 3, false);
        assertTrue(core.isVouched());
        assertFalse(core.step(new Input.Receive(2, new Heartbeat(5, 0, 1, 0)))
                .messages()
                .isEmpty());
    }

    @Test
    void aMajorityOfTheOthersOrABlankMajorityIsEnough() {
        for (int voters = 2; voters <= Membership.MAX_VOTERS; voters++) {
            int others = voters - 1;
            for (int vouching = 0; vouching <= others; vouching++) {
                for (int blank = 0; blank <= vouching; blank++) {
                    RaftCore core = blank(voters);
                    for (int i = 0; i < vouching; i++) {
                        vouch(core, 2 + i, i < blank);
                    }
                    boolean enough = 2 * vouching > others || 2 * (1 + blank) > voters;
                    assertEquals(enough, core.isVouched(), vouching + " of " + others + ", " + blank + " blank");
                    assertEquals(enough, campaigns(core));
                }
            }
        }
        assertTrue(blank(1).isVouched(), "nobody else is there to ask");
    }

    /**
     * A member that was vouched for is known to at least one member of every set that could vouch for another log of
     * it.
     */
    @Test
    void twoLogsOfOneMemberFindNoVouchersThatHaveNothingInCommon() {
        for (int voters = 2; voters <= Membership.MAX_VOTERS; voters++) {
            for (int first = 0; first < voters; first++) {
                for (int second = 0; first + second < voters; second++) {
                    boolean both =
                            Rules.STANDARD.mayBegin(voters, first, first) && Rules.STANDARD.mayBegin(voters, second, 0);
                    assertFalse(both, voters + " voters: " + first + " and then " + second + " others");
                }
            }
        }
    }

    @Test
    void duplicateAndForeignVouchersDoNotCount() {
        RaftCore core = blank(5);
        vouch(core, 1, true);
        vouch(core, 77, true);
        for (int i = 0; i < 5; i++) {
            vouch(core, 2, true);
        }
        assertFalse(core.isVouched());
        vouch(core, 3, true);
        assertTrue(core.isVouched());
    }

    @Test
    void onlyABlankLogNeedsVouching() {
        Membership three = Cluster.voters(1, 2, 3);
        assertTrue(Restored.blank(three).vouched());
        Restored voted = new Restored(new HardState(1, 2), 0, 0, three, List.of(), List.of(), 0, 0);
        assertFalse(voted.isBlank());
        assertThrows(IllegalArgumentException.class, voted::unvouched);
        assertTrue(Restored.blank(three).isBlank());
    }

    /** A and C commit an entry, C is wiped, A is cut off. B and C would elect a leader, and the entry would be lost. */
    @Test
    void aWipedDiskDoesNotVote() {
        Cluster cluster = Cluster.of(3);
        cluster.elect(1).propose("first");
        cluster.settle();
        cluster.isolate(2);
        cluster.leader().propose("second");
        cluster.settle();
        assertTrue(cluster.node(1).commands().contains("second"));
        cluster.heal();
        cluster.isolate(1);
        Cluster.Node wiped = cluster.node(3);
        wiped.crash();
        wiped.wipe();
        cluster.run(20 * Cluster.ELECTION);
        assertFalse(wiped.core.isVouched());
        assertTrue(
                List.of(2L, 3L).stream().noneMatch(id -> cluster.node(id).core.role() == Role.LEADER));
        cluster.heal();
        cluster.runUntil(() -> cluster.node(2).commands().contains("second"));
    }
}
