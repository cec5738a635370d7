package io.raftgres.sim;

import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.MembershipChange;
import io.raftgres.raft.Output.Proposed;
import io.raftgres.raft.Role;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/**
 * Changes the membership, starts added members, and stops removed ones. A member that loses its log is permanently
 * gone: it is removed, and a member with a new identity takes its place.
 */
final class MembershipFaults {
    private static final long TEND_US = 250 * Scenario.MS;
    private static final int MEMBERS_MAX = 6;
    private static final int VOTERS_MAX = 5;

    private final World world;
    private final Randomness random;

    MembershipFaults(World world) {
        this.world = world;
        random = new Randomness(world.seed, Concern.MEMBERSHIP);
    }

    void start() {
        tend();
    }

    /** Asks every leader, also a deposed one that does not know it yet. */
    void change() {
        for (SimNode node : world.nodes()) {
            if (node.isUp() && node.core().role() == Role.LEADER) {
                MembershipChange change = choose(node.core().membership());
                if (change != null) {
                    world.trace.line(world.now(), () -> "node" + node.id() + " is asked for " + change);
                    node.step(new Input.ChangeMembership(change));
                    // Changes come in bursts: the second has to wait for the first.
                    if (random.chance(0.5)) {
                        MembershipChange another = choose(node.core().membership());
                        if (another != null) {
                            node.step(new Input.ChangeMembership(another));
                        }
                    }
                }
            }
        }
    }

    private MembershipChange choose(Membership membership) {
        if (random.chance(0.08)) {
            // The node may be a member already, or may have been removed.
            return new MembershipChange.AddLearner(World.member(1 + random.below(World.NODES_MAX), false));
        }
        Member gone = gone(membership);
        if (gone != null) {
            // Any other change could cost the quorum.
            return new MembershipChange.Remove(gone.id());
        }
        if (isAnyWiped()) {
            // The wiped node may turn out to be permanently gone, too.
            return null;
        }
        List<Member> learners =
                membership.members().stream().filter(member -> !member.voter()).toList();
        if (!learners.isEmpty() && random.chance(0.6)) {
            return new MembershipChange.Promote(
                    learners.get(random.below(learners.size())).id());
        }
        int unused = unused(membership);
        if (unused <= World.NODES_MAX && membership.members().size() < MEMBERS_MAX && random.chance(0.6)) {
            return new MembershipChange.AddLearner(World.member(unused, false));
        }
        if (membership.voters().size() > 2) {
            List<Member> members = membership.members();
            Member member = members.get(random.below(members.size()));
            SimNode node = world.node((int) member.id());
            return node == null || world.keepsStateWithout(node) ? new MembershipChange.Remove(member.id()) : null;
        }
        return null;
    }

    private int unused(Membership membership) {
        int unused = 1;
        while (unused <= World.NODES_MAX
                && (world.node(unused) != null
                        || membership.contains(unused)
                        || membership.removed().contains((long) unused))) {
            unused++;
        }
        return unused;
    }

    /** @return a member that will never run again, null when there is none */
    private Member gone(Membership membership) {
        for (Member member : membership.members()) {
            SimNode node = world.node((int) member.id());
            if (node != null && node.isGone()) {
                return member;
            }
        }
        return null;
    }

    /** @return whether a member may lose its log: not when that would cost the cluster its quorum or its state */
    boolean mayLoseLog(SimNode node) {
        SimNode leader = world.leader();
        if (leader == null
                || !isSettled(leader)
                || gone(leader.core().membership()) != null
                || isAnyWiped()
                || !world.keepsStateWithout(node)) {
            return false;
        }
        List<Long> voters = leader.core().membership().voters();
        long left = voters.stream()
                .map(id -> world.node(id.intValue()))
                .filter(each -> each != null && each != node && !each.identity().isUnproven())
                .count();
        return 2 * left > voters.size();
    }

    private boolean isAnyWiped() {
        return world.nodes().stream()
                .anyMatch(each -> !each.isGone() && each.identity().isWiped());
    }

    /**
     * @return whether a member may return with an empty disk. It must be a first member. Too many other blank members
     *     would make this look like a new cluster
     */
    boolean mayWipe(SimNode node) {
        List<Long> first = world.bootstrap.voters();
        long blank = first.stream()
                .filter(id -> world.node(id.intValue()).disk().durable().isBlank())
                .count();
        return first.contains((long) node.id()) && 2 * (1 + blank) <= first.size();
    }

    /** A new member takes the place of a member that is permanently gone. */
    void replace(SimNode gone) {
        world.after(random.between(100, 1500) * Scenario.MS, () -> {
            if (!world.healed() && !takePlace(gone)) {
                replace(gone);
            }
        });
    }

    private boolean takePlace(SimNode gone) {
        SimNode leader = world.leader();
        if (leader == null || world.watch.isOn()) {
            return false;
        }
        Membership membership = leader.core().membership();
        if (membership.contains(gone.id())) {
            leader.step(new Input.ChangeMembership(new MembershipChange.Remove(gone.id())));
            return false;
        }
        int unused = unused(membership);
        if (unused > World.NODES_MAX || membership.members().size() >= MEMBERS_MAX) {
            return true;
        }
        boolean taken =
                leader.step(new Input.ChangeMembership(new MembershipChange.AddLearner(World.member(unused, false))))
                        instanceof Proposed.Accepted;
        if (taken) {
            world.counts.reached(Reached.REPLACED);
        }
        return taken;
    }

    /** @return whether the committed membership is the only one in every log that may still win an election */
    private boolean isSettled(SimNode leader) {
        LogImage log = leader.disk().written();
        long commit = leader.core().commitIndex();
        return log.lastChange() <= commit
                && log.term(commit) == leader.core().term()
                && world.nodes().stream()
                        .allMatch(node -> node.disk().written().hardState().term()
                                <= leader.core().term());
    }

    private void tend() {
        if (!world.watch.isOn() && !world.healed()) {
            mend();
            SimNode leader = world.leader();
            if (leader != null) {
                promote(leader);
            }
        }
        world.after(TEND_US, this::tend);
    }

    /** Most learners ask for their promotion repeatedly. */
    private void promote(SimNode leader) {
        if (isAnyWiped()) {
            return;
        }
        Membership membership = leader.core().membership();
        for (Member member : membership.members()) {
            SimNode node = world.node((int) member.id());
            boolean wants = !member.voter() && (world.seed + member.id()) % 4 != 0 && node != null && node.isUp();
            if (wants && membership.voters().size() < VOTERS_MAX && random.chance(0.3)) {
                leader.step(new Input.ChangeMembership(new MembershipChange.Promote(member.id())));
                return;
            }
        }
    }

    /**
     * Starts members that were added and have never run, with empty disks. Removes members that will never run again.
     */
    void mend() {
        SimNode leader = world.leader();
        if (leader == null || !isCommitted(leader)) {
            return;
        }
        Membership membership = leader.core().membership();
        for (Member member : membership.members()) {
            if (world.node((int) member.id()) == null) {
                // A new member gets the current membership, whatever older memberships its log will contain.
                world.add((int) member.id(), membership).start();
            }
        }
        Member gone = gone(membership);
        if (gone != null) {
            leader.step(new Input.ChangeMembership(new MembershipChange.Remove(gone.id())));
        }
    }

    private static boolean isCommitted(SimNode leader) {
        return leader.disk().written().lastChange() <= leader.core().commitIndex();
    }
}
