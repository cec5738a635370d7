package io.raftgres.sim;

import io.raftgres.raft.Message.Envelope;
import io.raftgres.raft.Message.PreVoteResponse;
import io.raftgres.raft.Role;

/**
 * Watches a majority for some seconds while all faults hit the minority. The majority is connected. It must elect a
 * leader without the minority, continue to commit, and keep its leader.
 */
final class MajorityWatch {
    private static final long SETTLE_US = 4 * Scenario.SECOND;
    private static final long WATCH_US = 6 * Scenario.SECOND;
    private static final long POLL_US = 250 * Scenario.MS;
    /** The majority must commit an entry within this time. */
    private static final long PROGRESS_US = 2 * Scenario.SECOND;

    private final World world;
    private int majority;
    private boolean settled;
    private long committed;
    private long progressAt;
    private long begunAt;
    private SimNode leader;
    private long leaderTerm;

    MajorityWatch(World world) {
        this.world = world;
    }

    boolean isOn() {
        return majority != 0;
    }

    /** @return whether this node belongs to the watched majority, which gets no faults */
    boolean has(SimNode node) {
        return (majority >>> node.id() & 1) != 0;
    }

    /** @return whether faults hit the minority now; at first it is only cut off */
    boolean isSettled() {
        return settled;
    }

    void begin(Randomness random) {
        int spared = new Majority(world).spare(random);
        if (spared == 0 || isOn() || world.now() + SETTLE_US + WATCH_US > Scenario.HEAL_US) {
            return;
        }
        for (SimNode node : world.nodes()) {
            if ((spared >>> node.id() & 1) == 0 && !node.isGone()) {
                majority |= 1 << node.id();
            }
        }
        world.counts.reached(Reached.MAJORITY_WATCHED);
        world.trace.line(
                world.now(), () -> "nodes " + Integer.toBinaryString(majority >>> 1) + " (from the right) are watched");
        world.network.steady(majority);
        world.network.split(majority);
        world.nodes().stream().filter(this::has).forEach(SimNode::heal);
        begunAt = world.now();
        progressAt = begunAt;
        settle();
    }

    /**
     * Pre-votes do not name their campaign (neither do the thesis's, section 9.6). A pre-vote granted before there was
     * a leader may arrive seconds later and depose the leader. That is safe, and not subject of this check.
     */
    boolean isOutdated(Envelope envelope, long sentAt) {
        SimNode sender = world.node((int) envelope.from());
        return settled
                && sentAt < begunAt
                && has(sender)
                && envelope.message() instanceof PreVoteResponse response
                && response.granted();
    }

    /** A watched node has stopped by itself to continue from a snapshot: the majority gets time to settle again. */
    void ended(SimNode node) {
        if (has(node)) {
            leader = null;
            progressAt = world.now();
        }
    }

    private void settle() {
        if (world.now() < progressAt + SETTLE_US) {
            world.at(progressAt + SETTLE_US, this::settle);
            return;
        }
        settled = true;
        world.network.join();
        committed = world.checks.committed();
        if (leaderAmongThem() == null) {
            throw new Violation(
                    Invariant.LIVENESS,
                    "a connected majority has no leader after " + SETTLE_US / Scenario.SECOND + " s; "
                            + world.describe());
        }
        progressAt = world.now();
        poll(world.now() + WATCH_US);
    }

    private void poll(long until) {
        if (world.now() >= Math.min(until, Scenario.HEAL_US)) {
            end();
            return;
        }
        if (world.checks.committed() > committed) {
            committed = world.checks.committed();
            progressAt = world.now();
        }
        if (world.now() - progressAt > PROGRESS_US) {
            throw new Violation(
                    Invariant.LIVENESS,
                    "a connected majority has committed nothing for " + (world.now() - progressAt) / Scenario.MS
                            + " ms; " + world.describe());
        }
        SimNode leads = leaderAmongThem();
        if (leads != null) {
            boolean known = leader == leads && leaderTerm == leads.core().term();
            if (!known && isHighest(leads.core().term())) {
                leader = leads;
                leaderTerm = leads.core().term();
            }
            leads.probe();
        }
        world.after(POLL_US, () -> poll(until));
    }

    private void end() {
        majority = 0;
        settled = false;
        leader = null;
        world.network.steady(0);
    }

    private SimNode leaderAmongThem() {
        return world.nodes().stream()
                .filter(node -> has(node) && node.isUp() && node.core().role() == Role.LEADER)
                .reduce((a, b) -> a.core().term() > b.core().term() ? a : b)
                .orElse(null);
    }

    /** @return whether no node has been in a higher term, to which the leader would have to yield once */
    private boolean isHighest(long term) {
        return world.nodes().stream()
                .allMatch(node -> node.disk().written().hardState().term() <= term);
    }

    /** A watched leader transfers leadership: the majority will have another leader. */
    void handingOver(SimNode node) {
        if (node == leader) {
            leader = null;
        }
    }

    /** A node was elected. */
    void elected(SimNode node) {
        // When the faults end, the leader itself may be among the nodes that stay unavailable.
        if (leader != null && !world.healed() && node.core().term() > leaderTerm) {
            throw new Violation(
                    Invariant.STABILITY,
                    node + " is elected, although " + leader + " leads a connected majority; " + world.describe());
        }
    }
}
