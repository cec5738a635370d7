package io.raftgres.sim;

import io.raftgres.raft.Role;
import java.util.Arrays;
import java.util.Collection;

/** Checks a leader's view of the other members, and that its leadership transfers end. */
final class LeaderChecks {
    private static final long NEVER = Long.MIN_VALUE;

    private final World world;
    /** By node and sender: the node's tick of the latest message from the sender in this run of the node. */
    private final long[][] heard = new long[World.NODES_MAX + 1][World.NODES_MAX + 1];

    private final int[][] heardInLife = new int[World.NODES_MAX + 1][World.NODES_MAX + 1];
    /** By node: the tick at which a transfer began, {@link #NEVER} while none is in progress. */
    private final long[] transferringSince = new long[World.NODES_MAX + 1];

    LeaderChecks(World world) {
        this.world = world;
        Arrays.fill(transferringSince, NEVER);
    }

    /** Records a message that is about to reach a node. */
    void hearing(SimNode node, int from) {
        heard[node.id()][from] = node.ticks();
        heardInLife[node.id()][from] = node.incarnation();
    }

    private boolean heardWithin(SimNode node, int from, int ticks) {
        return from == node.id()
                || heardInLife[node.id()][from] == node.incarnation() && node.ticks() - heard[node.id()][from] <= ticks;
    }

    /** Checks an acknowledgement: the entries that the leader now counts must be on the follower's disk. */
    void counted(SimNode leader, int from) {
        if (leader.core().role() != Role.LEADER) {
            return;
        }
        long match = leader.core().matchIndex(from);
        SimNode follower = world.node(from);
        LogImage own = leader.disk().written();
        LogImage other = follower.identity().promised();
        // A follower that lost its log, or follows another leader now, may have fewer entries.
        boolean held =
                follower.isGone() || other.hardState().term() > leader.core().term();
        if (!held && (match > own.last() || match >= own.base() && !other.agrees(match, own.hash(match)))) {
            throw new Violation(
                    Invariant.DURABILITY,
                    leader + " counts entries up to " + match + " for node" + from
                            + ", but its disk does not hold them: " + follower);
        }
        if (leader.core().commitIndex() > leader.core().durableIndex()
                && leader.disk().durable().last() >= leader.core().commitIndex()) {
            world.counts.reached(Reached.ACKNOWLEDGED_BEFORE_OWN_REPORT);
        }
    }

    /** Checks a TimeoutNow: its receiver can win only with the whole of the leader's log. */
    void ordering(SimNode leader, int to) {
        SimNode target = world.node(to);
        LogImage own = leader.disk().written();
        LogImage other = target.identity().promised();
        boolean elsewhere =
                target.isGone() || other.hardState().term() > leader.core().term();
        if (!elsewhere && (other.last() != own.last() || !own.agrees(own.last(), other.hash(other.last())))) {
            throw new Violation(
                    Invariant.TRANSFER,
                    leader + " transfers leadership to " + target + ", whose log differs from its own");
        }
    }

    /** Records that a requested transfer has begun. */
    void transferBegun(SimNode leader) {
        transferringSince[leader.id()] = leader.ticks();
    }

    /** Checks the transfer after a tick of a node. */
    void ticked(SimNode node) {
        if (!node.isUp() || !node.core().transferring()) {
            transferringSince[node.id()] = NEVER;
            return;
        }
        long since = transferringSince[node.id()];
        if (since == NEVER || since > node.ticks()) {
            transferringSince[node.id()] = node.ticks();
        } else if (node.ticks() - since > 2L * world.scenario.electionTicks()) {
            // The limit is doubled: the leader may have begun another transfer by itself right after the first one.
            throw new Violation(
                    Invariant.TRANSFER,
                    node + " has been transferring leadership for " + (node.ticks() - since)
                            + " ticks, and accepts no proposals");
        }
    }

    /** Checks an append of another set of voters: a majority of them must be running to commit it. */
    void changingVoters(SimNode leader, Collection<Long> voters) {
        long responding = voters.stream()
                .filter(id -> heardWithin(leader, id.intValue(), world.scenario.electionTicks()))
                .count();
        if (2 * responding <= voters.size()) {
            throw new Violation(
                    Invariant.MEMBERSHIP,
                    leader + " makes voters of " + voters + ", but only " + responding
                            + " of them have responded lately; " + world.describe());
        }
    }
}
