package io.raftgres.sim;

import io.raftgres.raft.Entry;
import io.raftgres.raft.Input;
import io.raftgres.raft.Member;
import io.raftgres.raft.Membership;
import io.raftgres.raft.MembershipChange;
import io.raftgres.raft.Role;
import io.raftgres.sim.Randomness.Concern;
import java.util.List;

/** Changes the membership, starts those who were added, and stops those who were removed. */
final class MembershipFaults {
    private static final long TEND_US = 250 * Scenario.MS;

    private final World world;
    private final Randomness random;

    MembershipFaults(World world) {
        this.world = world;
        random = new Randomness(world.seed, Concern.MEMBERSHIP);
    }

    void start() {
        if (world.scenario.profile() == Scenario.Profile.MEMBERSHIP
                || world.scenario.profile() == Scenario.Profile.CALM) {
            tend();
        }
    }

    /** Asks every leader there is, also one that has been replaced and does not know yet. */
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
        List<Member> learners = membership.members().stream().filter(member -> !member.voter()).toList();
        int unused = 1;
        while (unused <= World.NODES_MAX && (world.node(unused) != null || membership.contains(unused)
                || membership.removed().contains((long) unused))) {
            unused++;
        }
        if (!learners.isEmpty() && random.chance(0.6)) {
            return new MembershipChange.Promote(learners.get(random.below(learners.size())).id());
        }
        // Where logs are cut a new member could not be brought up to date.
        boolean mayAdd = !world.scenario.trims() && unused <= World.NODES_MAX && membership.members().size() < 6;
        if (mayAdd && random.chance(0.6)) {
            return new MembershipChange.AddLearner(World.member(unused, false));
        }
        if (membership.voters().size() > 2) {
            List<Member> members = membership.members();
            return new MembershipChange.Remove(members.get(random.below(members.size())).id());
        }
        return null;
    }

    private void tend() {
        startLearners();
        SimNode leader = world.leader();
        if (leader != null && lastChange(leader) <= leader.core().commitIndex()) {
            for (SimNode node : world.nodes()) {
                if (leader.core().membership().removed().contains((long) node.id()) && !node.isGone()
                        && random.chance(0.1)) {
                    world.trace.line(world.now(), () -> "node" + node.id() + " was removed and stops");
                    node.retire();
                }
            }
        }
        world.after(TEND_US, this::tend);
    }

    /** Starts members that were added and have never run, with nothing on their disks. */
    void startLearners() {
        SimNode leader = world.leader();
        if (leader == null || lastChange(leader) > leader.core().commitIndex()) {
            return;
        }
        for (Member member : leader.core().membership().members()) {
            if (world.node((int) member.id()) == null) {
                world.add((int) member.id()).start();
            }
        }
    }

    /** @return index of the latest change in the leader's log; its base when all changes are below */
    private static long lastChange(SimNode leader) {
        LogImage image = leader.disk().written();
        for (long index = image.last(); index > image.base(); index--) {
            if (image.entry(index).kind() == Entry.Kind.MEMBERSHIP) {
                return index;
            }
        }
        return image.base();
    }
}
