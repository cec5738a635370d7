package io.raftgres.sim;

import io.raftgres.raft.Role;
import java.util.Arrays;
import java.util.Collection;

/** What a leader believes of the others has to be so, and what it begins has to end. */
final class LeaderChecks {
    private static final long NEVER = Long.MIN_VALUE;

    private final World world;
    /** By node, and by sender: the tick of the former at which it heard the latter last in this life. */
    private final long[][] heard = new long[World.NODES_MAX + 1][World.NODES_MAX + 1];

    private final int[][] heardInLife = new int[World.NODES_MAX + 1][World.NODES_MAX + 1];
    /** By node: its tick at which a transfer was under way first, {@link #NEVER} while none is. */
    private final long[] transferringSince = new long[World.NODES_MAX + 1];

    LeaderChecks(World world) {
        this.world = world;
        Arrays.fill(transferringSince, NEVER);
    }

    /** A message is about to reach a node. */
    void hearing(SimNode node, int from) {
        heard[node.id()][from] = node.ticks();
        heardInLife[node.id()][from] = node.incarnation();
    }

    private boolean heardWithin(SimNode node, int from, int ticks) {
        return from == node.id()
                || heardInLife[node.id()][from] == node.incarnation() && node.ticks() - heard[node.id()][from] <= ticks;
    }

    /** An acknowledgement has come: what the leader counts now has to be on that disk. */
    void counted(SimNode leader, int from) {
        if (leader.core().role() != Role.LEADER) {
            return;
        }
        long match = leader.core().matchIndex(from);
        SimNode follower = world.node(from);
        LogImage own = leader.disk().written();
        LogImage other = follower.identity().promised();
        // Who has lost its log, or has gone over to another leader, may have less by now.
        boolean held =
                follower.isGone() || other.hardState().term() > leader.core().term();
        if (!held && (match > own.last() || match >= own.base() && !other.agrees(match, own.hash(match)))) {
            throw new Violation(
                    Invariant.DURABILITY,
                    leader + " counts entries up to " + match + " for node" + from
                            + ", and its disk does not hold them: " + follower);
        }
        if (leader.core().commitIndex() > leader.core().durableIndex()
                && leader.disk().durable().last() >= leader.core().commitIndex()) {
            world.counts.reached(Reached.ACKNOWLEDGED_BEFORE_OWN_REPORT);
        }
    }

    /** A leader tells another member to campaign at once: that one can win only with the whole of the log. */
    void ordering(SimNode leader, int to) {
        SimNode target = world.node(to);
        LogImage own = leader.disk().written();
        LogImage other = target.identity().promised();
        boolean elsewhere =
                target.isGone() || other.hardState().term() > leader.core().term();
        if (!elsewhere && (other.last() != own.last() || !own.agrees(own.last(), other.hash(other.last())))) {
            throw new Violation(
                    Invariant.TRANSFER,
                    leader + " hands over to " + target + ", the log of which is not equal to its own");
        }
    }

    /** A transfer that was asked for has begun. */
    void transferBegun(SimNode leader) {
        transferringSince[leader.id()] = leader.ticks();
    }

    /** A tick of a node has passed. */
    void ticked(SimNode node) {
        if (!node.isUp() || !node.core().transferring()) {
            transferringSince[node.id()] = NEVER;
            return;
        }
        long since = transferringSince[node.id()];
        if (since == NEVER || since > node.ticks()) {
            transferringSince[node.id()] = node.ticks();
        } else if (node.ticks() - since > 2L * world.scenario.electionTicks()) {
            // Twice, for the leader may have begun another one by itself as soon as one ended.
            throw new Violation(
                    Invariant.TRANSFER,
                    node + " has been handing over for " + (node.ticks() - since) + " ticks, and takes no proposals");
        }
    }

    /** A leader has appended another set of voters: a majority of them has to be there to commit it. */
    void changingVoters(SimNode leader, Collection<Long> voters) {
        long answering = voters.stream()
                .filter(id -> heardWithin(leader, id.intValue(), world.scenario.electionTicks()))
                .count();
        if (2 * answering <= voters.size()) {
            throw new Violation(
                    Invariant.MEMBERSHIP,
                    leader + " makes voters of " + voters + ", of which only " + answering
                            + " have said anything lately; " + world.describe());
        }
    }
}
